--- A division by zero is NULL there.
-- here: ProjectionExec
-- fails
SELECT id, 10 / i4 AS quotient FROM s.v;
-- here: ProjectionExec
-- fails
SELECT id, 10 % i8 AS remainder FROM s.v;
--- Decimals are divided as doubles there.
-- here: ProjectionExec
-- fails
SELECT id, 1.5 / d9 AS quotient FROM s.v;
-- here: ProjectionExec
SELECT id, 10.0 / i8 AS quotient FROM s.v WHERE i8 > 0;
--- It has no type whose values are padded.
-- whole
-- empty
SELECT id, ch FROM s.v WHERE ch = 'a   ';
-- whole
SELECT id, ch FROM s.v WHERE ch = 'a';
-- whole
-- empty
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.ch = w.x || '   ';
