-- Which erasure of a person is under way or was the last: another one begins anew whatever the clocks of two servers say.
ALTER TABLE vector_erasures ADD COLUMN operation TEXT;
