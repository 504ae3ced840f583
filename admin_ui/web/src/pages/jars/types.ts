/** Entity types that columns often are; any other that the server knows can be typed. */
export const TYPES = [
  "PERSON", "EMAIL_ADDRESS", "PHONE_NUMBER", "STREET_ADDRESS", "LOCATION", "POSTAL_CODE", "DATE_OF_BIRTH", "DATE_TIME",
  "AGE", "ORGANIZATION", "USERNAME", "IP_ADDRESS", "URL", "CREDIT_CARD", "IBAN_CODE", "US_BANK_NUMBER", "US_SSN",
  "US_PASSPORT", "US_DRIVER_LICENSE", "MEDICAL_RECORD_NUMBER", "MEDICAL_LICENSE", "HEALTH_PLAN_NUMBER", "CUSTOMER_ID",
  "ACCOUNT_NUMBER", "ID", "UUID", "NRP",
]; // prettier-ignore
