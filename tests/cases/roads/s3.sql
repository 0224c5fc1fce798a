-- Vehicles counted on roads, one folder a day. Roads 1, 3, 4 and 7 were counted; 99 is no road.
CREATE TABLE counts AS
SELECT * FROM (VALUES
  (DATE '2026-03-01', 1::BIGINT, TIMESTAMPTZ '2026-03-01 08:00:00+00', 120::INTEGER, {'cars': 100::BIGINT, 'bikes': 20::BIGINT}, [30.5::DOUBLE, 31.0]),
  (DATE '2026-03-01', 3, TIMESTAMPTZ '2026-03-01 09:00:00+00', 10, {'cars': 10, 'bikes': NULL}, []),
  (DATE '2026-03-02', 1, TIMESTAMPTZ '2026-03-02 08:00:00+00', 130, NULL, NULL),
  (DATE '2026-03-02', 4, TIMESTAMPTZ '2026-03-02 08:00:00+00', 5000, {'cars': 5000, 'bikes': 0}, [90.0, NULL]),
  (DATE '2026-03-02', 99, TIMESTAMPTZ '2026-03-02 10:00:00+00', 1, {'cars': 1, 'bikes': 0}, [12.0]),
  (DATE '2026-03-03', 7, TIMESTAMPTZ '2026-03-03 08:00:00.000001+00', 0, {'cars': 0, 'bikes': 0}, [])
) AS t (day, road_id, counted_at, vehicles, kinds, speeds);
COPY (SELECT * FROM counts ORDER BY day, road_id) TO 'counts' (FORMAT parquet, PARTITION_BY (day));
