// Starts Swagger UI in the page. Addresses are relative, so that the gateway may be behind a path of a proxy.
window.SwaggerUIBundle({
  dom_id: '#swagger-ui',
  url: 'openapi.json',
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: 'list',
  filter: true,
  tryItOutEnabled: true,
  // Nobody else is told about the document, or asked whether it is valid.
  validatorUrl: null,
  // A token is forgotten with the page.
  persistAuthorization: false
})
