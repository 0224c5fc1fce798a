-- Names as a mapper of objects makes them: mixed case, once differing by nothing else.
CREATE TABLE "Customers" ("Id" bigint PRIMARY KEY, "Name" text NOT NULL, "Town" text NOT NULL);
INSERT INTO "Customers" VALUES (1, 'Ada', 'York'), (2, 'bob', 'Bath'), (3, 'Cyd', 'York');
CREATE TABLE orders (id bigint PRIMARY KEY, "CustomerId" bigint NOT NULL, amount integer NOT NULL, "Amount" numeric(10,2), "Town" text);
INSERT INTO orders VALUES (10, 1, 5, 5.25, 'York'), (20, 1, 6, NULL, 'Bath'), (30, 3, 7, 7.00, 'York');
