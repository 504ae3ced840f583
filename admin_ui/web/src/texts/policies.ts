export const policyTexts = { title: "Policies" };
