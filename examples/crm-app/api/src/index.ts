export type {
  Account,
  AccountResponse,
  AccountsResponse,
  CreateAccountRequest,
  CreateAccountResponse,
  UpdateAccountRequest,
} from './account.js';
export type {
  Client,
  ClientDetailResponse,
  ClientFilter,
  ClientResponse,
  ClientStatus,
  ClientsResponse,
  CreateClientRequest,
  UpdateClientRequest,
} from './client.js';
export type { AgingAmount, AgingBucket, DashboardResponse, MonthTotals } from './dashboard.js';
export type {
  CreateInvoiceLine,
  CreateInvoiceRequest,
  Invoice,
  InvoiceFilter,
  InvoiceLine,
  InvoiceResponse,
  InvoiceStatus,
  InvoiceSummary,
  InvoicesResponse,
  PaymentResponse,
} from './invoice.js';
export type { Page } from './page.js';
export type { CreatePaymentRequest, Payment, PaymentMethod } from './payment.js';
export type { FieldProblem, Problem } from './problem.js';
export type { LoginRequest, Role, User, UserResponse } from './user.js';
