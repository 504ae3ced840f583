export const dashboardTexts = { title: "Dashboard" };
