import type { PaymentMethod, Role } from '@seaworthy-example/crm-api';
import { type SeededRandom, seededId, seededRandom } from '@seaworthy-example/server';
import { amountsOf, totalsOf } from '../invoices/money.js';

const dayMs = 86_400_000;

const people: readonly (readonly [string, Role, string])[] = [
  ['Wanjiku Kamau', 'admin', 'admin@crm.example'],
  ['Henrik Solberg', 'accountant', 'accountant@crm.example'],
  ['Camille Laurent', 'sales', 'sales@crm.example'],
  ['Noah Fischer', 'viewer', 'viewer@crm.example'],
];

/** Name, city, country, currency. */
const companies: readonly (readonly [string, string, string, string])[] = [
  ['Acacia Logistics', 'Nairobi', 'Kenya', 'EUR'],
  ['Alster Werkzeugbau', 'Hamburg', 'Germany', 'EUR'],
  ['Atelier Brunet', 'Lyon', 'France', 'EUR'],
  ['Baltic Timber', 'Riga', 'Latvia', 'EUR'],
  ['Blue Heron Clinics', 'Dublin', 'Ireland', 'EUR'],
  ['Bodega Sierra Alta', 'Logroño', 'Spain', 'EUR'],
  ['Brightwater Hotels', 'Brighton', 'United Kingdom', 'GBP'],
  ['Casa Marella', 'Bari', 'Italy', 'EUR'],
  ['Cedar & Finch', 'Leeds', 'United Kingdom', 'GBP'],
  ['Delta Pumpen', 'Graz', 'Austria', 'EUR'],
  ['Dunes Energy', 'Rotterdam', 'Netherlands', 'EUR'],
  ['Estrela Têxtil', 'Porto', 'Portugal', 'EUR'],
  ['Fjord Analytics', 'Bergen', 'Norway', 'EUR'],
  ['Foxglove Bakery', 'Cork', 'Ireland', 'EUR'],
  ['Garnet Dental', 'Vienna', 'Austria', 'EUR'],
  ['Halden Maritime', 'Gothenburg', 'Sweden', 'EUR'],
  ['Harbour Street Press', 'Boston', 'United States', 'USD'],
  ['Helios Solar', 'Athens', 'Greece', 'EUR'],
  ['Ibis Fintech', 'Lagos', 'Nigeria', 'EUR'],
  ['Juniper Outdoors', 'Innsbruck', 'Austria', 'EUR'],
  ['Kestrel Robotics', 'Eindhoven', 'Netherlands', 'EUR'],
  ['Kilima Tea', 'Kericho', 'Kenya', 'EUR'],
  ['Lantern Books', 'Edinburgh', 'United Kingdom', 'GBP'],
  ['Linden Architekten', 'Leipzig', 'Germany', 'EUR'],
  ['Maison Verdier', 'Bordeaux', 'France', 'EUR'],
  ['Meridian Freight', 'Antwerp', 'Belgium', 'EUR'],
  ['Mistral Yachts', 'Marseille', 'France', 'EUR'],
  ['Nordlys Media', 'Copenhagen', 'Denmark', 'EUR'],
  ['Oakhurst Dairy', 'Galway', 'Ireland', 'EUR'],
  ['Olivar del Sur', 'Jaén', 'Spain', 'EUR'],
  ['Pinewood School', 'Tallinn', 'Estonia', 'EUR'],
  ['Quartz Instruments', 'Zug', 'Switzerland', 'EUR'],
  ['Riverbend Foods', 'Ghent', 'Belgium', 'EUR'],
  ['Sahel Textiles', 'Dakar', 'Senegal', 'EUR'],
  ['Sorrel Kitchens', 'Utrecht', 'Netherlands', 'EUR'],
  ['Tamarind Studio', 'Lisbon', 'Portugal', 'EUR'],
  ['Tern Aviation', 'Helsinki', 'Finland', 'EUR'],
  ['Umber Ceramics', 'Faenza', 'Italy', 'EUR'],
  ['Vega Pharma', 'Basel', 'Switzerland', 'EUR'],
  ['Willow & Stone', 'Bristol', 'United Kingdom', 'GBP'],
];

type Item = readonly [string, number, readonly [string, ...string[]]];

/** What is sold: description, price of one in minor units, usual quantities. */
const items: readonly [Item, ...Item[]] = [
  ['Consulting, per day', 96_000, ['1', '2', '2.5', '4']],
  ['Support plan, monthly', 24_900, ['1', '3']],
  ['Workshop, half a day', 145_000, ['1', '2']],
  ['Data import', 38_000, ['1']],
  ['Team licence, per seat', 1_490, ['8', '15', '40', '120']],
  ['Custom report', 52_500, ['1', '2', '3']],
  ['Integration, per hour', 11_800, ['3.5', '6', '12.25', '20']],
  ['Security review', 310_000, ['1']],
  ['Training material', 4_750, ['5', '12', '25']],
  ['Hosting, monthly', 17_990, ['1', '6', '12']],
];

const methods: readonly [PaymentMethod, ...PaymentMethod[]] = [
  'bank',
  'bank',
  'bank',
  'card',
  'mobile',
  'cash',
];

/**
 * The demonstration's data: the same for the same day, whoever makes it. It reaches eighteen months back from `today`, so
 * that the charts are full whenever somebody looks.
 */
export function seedData(today: Date) {
  const random = seededRandom(1848);
  const midnight = Math.floor(today.getTime() / dayMs) * dayMs;
  const users = people.map(([name, role, email]) => ({
    id: seededId(`crm user ${email}`),
    email,
    name,
    role,
  }));
  const clients = companies.map(([name, city, country, currency]) => ({
    id: seededId(`crm client ${name}`),
    name,
    email: `billing@${name
      .toLowerCase()
      .normalize('NFKD')
      .replaceAll(/[^a-z]+/g, '-')}.example`,
    phone: `+00 ${random.whole(100, 999)} ${random.whole(1_000, 9_999)}`,
    tax_id: `${country.slice(0, 2).toUpperCase()}${random.whole(10_000_000, 99_999_999)}`,
    city,
    country,
    currency,
  }));
  const sold = Array.from({ length: 240 }, (_, at) => invoiceOf(at, clients, midnight, random)).sort(
    (a, b) => a.issuedMs - b.issuedMs,
  );
  const counters = new Map<string, number>();
  const numbered = sold.map(({ invoice, lines, payments }) => {
    const year = invoice.issued_on.slice(0, 4);
    const value = (counters.get(year) ?? 0) + 1;
    counters.set(year, value);
    return {
      invoice: { ...invoice, number: `INV-${year}-${String(value).padStart(4, '0')}` },
      lines,
      payments,
    };
  });
  return {
    users,
    clients,
    invoices: numbered.map(({ invoice }) => invoice),
    lines: numbered.flatMap(({ lines }) => lines),
    payments: numbered.flatMap(({ payments }) => payments),
    sequences: [...counters].map(([year, last]) => ({ name: `invoice-${year}`, last_value: last })),
  };
}

function invoiceOf(
  at: number,
  clients: readonly { readonly id: string; readonly currency: string }[],
  midnight: number,
  random: SeededRandom,
) {
  const id = seededId(`crm invoice ${at}`);
  const client = clients[random.whole(0, clients.length - 1)] ?? { id: '', currency: 'EUR' };
  const ageDays = Math.floor(random.next() ** 1.2 * 540);
  const issuedMs = midnight - ageDays * dayMs;
  const dueMs = issuedMs + random.pick([14, 30, 30, 45]) * dayMs;
  const lines = Array.from({ length: random.whole(2, 4) }, (_, position) => {
    const [description, unitPriceMinor, quantities] = random.pick(items);
    const priced = {
      quantity: random.pick(quantities),
      unitPriceMinor,
      taxRateBp: random.pick([2_000, 2_000, 1_000, 0]),
    };
    const { lineTotalMinor, taxMinor } = amountsOf(priced);
    return {
      id: seededId(`crm line ${at} ${position}`),
      invoice_id: id,
      position: position + 1,
      description,
      quantity: priced.quantity,
      unit_price_minor: unitPriceMinor,
      tax_rate_bp: priced.taxRateBp,
      line_total_minor: lineTotalMinor,
      tax_minor: taxMinor,
    };
  });
  const { subtotalMinor, taxMinor, totalMinor } = totalsOf(
    lines.map((line) => ({ lineTotalMinor: line.line_total_minor, taxMinor: line.tax_minor })),
  );
  const status = statusOf(ageDays, dueMs, midnight, random);
  const shares =
    status === 'paid' ? (random.next() < 0.3 ? [0.4, 0.6] : [1]) : status === 'partial' ? [0.5] : [];
  let paidMinor = 0;
  const payments = shares.map((share, part) => {
    const last = status === 'paid' && part === shares.length - 1;
    const amount = last ? totalMinor - paidMinor : Math.floor(totalMinor * share);
    paidMinor += amount;
    const paidMs = Math.min(midnight, issuedMs + random.whole(3, 40) * dayMs + part * 5 * dayMs);
    return {
      id: seededId(`crm payment ${at} ${part}`),
      invoice_id: id,
      amount_minor: amount,
      currency: client.currency,
      method: random.pick(methods),
      paid_on: dateOf(paidMs),
      reference: `TR-${random.whole(100_000, 999_999)}`,
      idempotency_key: `seed-${at}-${part}`,
      request_hash: Buffer.alloc(32),
      created_at: new Date(paidMs + random.whole(8, 17) * 3_600_000),
    };
  });
  const invoice = {
    id,
    client_id: client.id,
    status,
    issued_on: dateOf(issuedMs),
    due_on: dateOf(dueMs),
    currency: client.currency,
    notes: random.next() < 0.25 ? 'Thank you for working with us.' : null,
    subtotal_minor: subtotalMinor,
    tax_minor: taxMinor,
    total_minor: totalMinor,
    paid_minor: paidMinor,
    created_at: new Date(issuedMs + 9 * 3_600_000),
  };
  return { invoice, lines, payments, issuedMs };
}

function statusOf(ageDays: number, dueMs: number, midnight: number, random: SeededRandom) {
  const draw = random.next();
  if (ageDays < 5 && draw < 0.5) return 'draft' as const;
  if (draw > 0.985) return 'void' as const;
  const paidShare = dueMs < midnight - 60 * dayMs ? 0.96 : dueMs < midnight ? 0.75 : 0.3;
  if (draw < paidShare) return 'paid' as const;
  return draw < paidShare + 0.08 ? ('partial' as const) : ('sent' as const);
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
