// Swagger UI is dark where the page has this class.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  // Without the bar on top that opens other contracts.
  layout: "BaseLayout",
  deepLinking: true,
  tryItOutEnabled: true,
  // A validator would be sent the contract.
  validatorUrl: "none",
});
