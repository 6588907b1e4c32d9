-- Which of an account's keys a notice was verified with, by name: a rotation is over when nobody signs with the old one.
alter table callbacks add column verified_by text;
