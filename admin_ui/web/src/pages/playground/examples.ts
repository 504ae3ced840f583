/** Made-up texts: the persons do not exist, numbers come from ranges that are never given out. */
export const EXAMPLES = {
  support: `Hi, this is Anna Kowalski (anna.kowalski@example.com, +1 555-010-4477).
My order for 12 Rosewood Lane, Springfield never arrived. My colleague Tom Becker already wrote to you on 3 March.
Please call me back, or write to Tom at tom.becker@example.org.`,
  health: `Patient: Maria Lopez, born 1984-02-17, SSN 123-45-6789.
Dr. Henry Walsh saw her at Lakeside Clinic on 12 May 2026 for type 2 diabetes. Contact: maria.lopez@example.net, 555-0142.`,
  code: `DATABASE_URL=postgresql://reporting:s3cr3t-Pa55@db.internal.example.com:5432/crm
# deployed by j.fischer@example.com from 203.0.113.24
headers = {"Authorization": "Bearer sk-proj-abcdEFGH1234ijklMNOP5678qrstUVWX"}`,
  finance: `Please refund John Miller: IBAN DE89 3704 0044 0532 0130 00, card 4111 1111 1111 1111.
His account manager is Priya Raman (priya.raman@example.com).`,
};
export type ExampleName = keyof typeof EXAMPLES;
