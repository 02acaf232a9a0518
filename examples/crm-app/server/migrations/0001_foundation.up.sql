create table users (
  id char(36) primary key,
  email varchar(254) not null,
  name varchar(100) not null,
  password_hash varchar(255) not null,
  role enum('admin', 'accountant', 'sales', 'viewer') not null,
  created_at datetime(3) not null default current_timestamp(3),
  unique key users_email (email)
) engine = InnoDB default charset = utf8mb4;

-- What the browser holds is a random word; here is only its keyed hash.
create table sessions (
  token_hash binary(32) primary key,
  user_id char(36) not null,
  expires_at datetime(3) not null,
  key sessions_user (user_id),
  key sessions_expiry (expires_at),
  constraint sessions_user_fk foreign key (user_id) references users (id) on delete cascade
) engine = InnoDB default charset = utf8mb4;

create table clients (
  id char(36) primary key,
  name varchar(160) not null,
  email varchar(254) not null,
  phone varchar(40) null,
  tax_id varchar(40) null,
  city varchar(80) null,
  country varchar(80) null,
  currency char(3) not null,
  status enum('active', 'archived') not null default 'active',
  created_at datetime(3) not null default current_timestamp(3),
  key clients_name (name)
) engine = InnoDB default charset = utf8mb4;

-- Money is whole minor units of the invoice's currency.
create table invoices (
  id char(36) primary key,
  number varchar(20) not null,
  client_id char(36) not null,
  status enum('draft', 'sent', 'partial', 'paid', 'void') not null,
  issued_on date not null,
  due_on date not null,
  currency char(3) not null,
  notes varchar(2000) null,
  subtotal_minor bigint not null,
  tax_minor bigint not null,
  total_minor bigint not null,
  paid_minor bigint not null default 0,
  created_at datetime(3) not null default current_timestamp(3),
  unique key invoices_number (number),
  key invoices_client (client_id, issued_on),
  key invoices_status_due (status, due_on),
  constraint invoices_client_fk foreign key (client_id) references clients (id),
  constraint invoices_paid_within_total check (paid_minor between 0 and total_minor),
  constraint invoices_sum check (total_minor = subtotal_minor + tax_minor)
) engine = InnoDB default charset = utf8mb4;

create table invoice_lines (
  id char(36) primary key,
  invoice_id char(36) not null,
  position int not null,
  description varchar(300) not null,
  quantity decimal(12, 3) not null,
  unit_price_minor bigint not null,
  tax_rate_bp int not null,
  line_total_minor bigint not null,
  tax_minor bigint not null,
  key invoice_lines_invoice (invoice_id, position),
  constraint invoice_lines_invoice_fk foreign key (invoice_id) references invoices (id) on delete cascade
) engine = InnoDB default charset = utf8mb4;

-- A repeated request finds its first answer by its key; another request under that key is told from it by its hash.
create table payments (
  id char(36) primary key,
  invoice_id char(36) not null,
  amount_minor bigint not null,
  currency char(3) not null,
  method enum('bank', 'card', 'cash', 'mobile') not null,
  paid_on date not null,
  reference varchar(120) null,
  idempotency_key varchar(200) character set ascii collate ascii_bin not null,
  request_hash binary(32) not null,
  created_at datetime(3) not null default current_timestamp(3),
  unique key payments_idempotency (idempotency_key),
  key payments_invoice (invoice_id, created_at),
  key payments_paid_on (paid_on),
  constraint payments_invoice_fk foreign key (invoice_id) references invoices (id),
  constraint payments_amount check (amount_minor > 0)
) engine = InnoDB default charset = utf8mb4;

create table number_sequences (
  name varchar(40) primary key,
  last_value bigint not null
) engine = InnoDB default charset = utf8mb4;
