drop table number_sequences;
drop table payments;
drop table invoice_lines;
drop table invoices;
drop table clients;
drop table sessions;
drop table users;
