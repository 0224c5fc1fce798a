-- Ties and NULLs in rating; names that would break SQL if they were spliced into it.
CREATE TABLE road (
  id bigint PRIMARY KEY,
  name text NOT NULL,
  town text NOT NULL,
  lanes integer NOT NULL,
  length_km numeric(8,3),
  toll boolean NOT NULL,
  opened date NOT NULL,
  surveyed timestamptz NOT NULL,
  checked timestamp NOT NULL,
  ref uuid NOT NULL,
  rating double precision
);
INSERT INTO road VALUES
  (1, 'Long Acre', 'Ashford', 2, 1.250, false, '1890-05-01', '2026-01-05 08:30:00+00', '2026-01-05 08:30:00', '00000000-0000-4000-8000-000000000001', 4.5),
  (2, 'High Street', 'Ashford', 2, 0.800, false, '1850-01-01', '2026-01-06 00:00:00+02', '2026-01-06 00:00:00', '00000000-0000-4000-8000-000000000002', 4.5),
  (3, 'Coast Road', 'Brinton', 1, 12.345, true, '1931-07-15', '2026-01-07 12:00:00.123456+00', '2026-01-07 12:00:00.123456', '00000000-0000-4000-8000-000000000003', NULL),
  (4, 'Ring Road', 'Brinton', 4, 30.000, true, '1999-12-31', '2026-02-01 00:00:00+00', '2026-02-01 00:00:00', '00000000-0000-4000-8000-000000000004', 3),
  (5, 'Mill Lane', 'Brinton', 1, NULL, false, '1700-01-01', '1969-12-31 23:59:59.5+00', '1969-12-31 23:59:59.5', '00000000-0000-4000-8000-000000000005', NULL),
  (6, 'O''Hara''s Way', 'Ashford', 1, 0.100, false, '2000-02-29', '2026-02-02 00:00:00+00', '2026-02-02 00:00:00', '00000000-0000-4000-8000-000000000006', 4.5),
  (7, 'Robert''); DROP TABLE road;--', 'Corby', 2, 5.500, false, '2010-10-10', '2026-02-03 00:00:00+00', '2026-02-03 00:00:00', '00000000-0000-4000-8000-000000000007', -1.5),
  (8, 'Straße \ 道 "q"', 'Corby', 3, 99999.999, true, '2020-01-01', '2026-02-04 00:00:00+00', '2026-02-04 00:00:00', '00000000-0000-4000-8000-00000000000a', 0);
