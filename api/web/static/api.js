// The description of the API as a page; Swagger UI comes out of a package, not from the network.
window.SwaggerUIBundle({ url: "/openapi.json", dom_id: "#api", deepLinking: true, tryItOutEnabled: true });
