CREATE TABLE town (name TEXT PRIMARY KEY NOT NULL, county TEXT NOT NULL, people INTEGER);
INSERT INTO town VALUES ('Ashford', 'Kent', 74000), ('Brinton', 'Norfolk', NULL), ('Corby', 'Northants', 75571),
  ('Nowhere', 'Kent', 0);
