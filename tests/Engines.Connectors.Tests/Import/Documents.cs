using System.Text;
using Steward.Engines.Connectors.Import;

namespace Steward.Engines.Connectors.Tests.Import;

/// <summary>Small documents, one for each form.</summary>
internal static class Documents
{
    public const string Desk31 = """
        {
          "openapi": "3.1.0",
          "info": { "title": "Desk API", "version": "2026-01", "contact": { "name": "Desk Inc.", "url": "https://desk.dev" } },
          "servers": [ { "url": "https://{tenant}.desk.dev/v2", "variables": { "tenant": { "default": "yourcompany" } } } ],
          "security": [ { "oauth": [ "tickets:read" ] } ],
          "paths": {
            "/me": { "get": { "operationId": "whoAmI", "summary": "Who is signed in", "responses": { "200": { "description": "", "content": { "application/json": { "schema": { "type": "object", "properties": { "id": { "type": "string" } } } } } } } } },
            "/tickets": {
              "get": {
                "operationId": "listTickets",
                "parameters": [
                  { "name": "cursor", "in": "query", "schema": { "type": "string" } },
                  { "name": "page_size", "in": "query", "schema": { "type": "integer", "maximum": 50 } },
                  { "name": "state", "in": "query", "schema": { "type": "string", "enum": [ "open", "closed" ], "default": "open" } }
                ],
                "responses": { "200": { "description": "", "content": { "application/json": { "schema": { "type": "object", "properties": {
                  "tickets": { "type": "array", "items": { "$ref": "#/components/schemas/Ticket" } }, "meta": { "type": "object", "properties": { "next_cursor": { "type": ["string", "null"] } } } } } } } },
                  "429": { "description": "", "headers": { "X-RateLimit-Limit": {}, "X-RateLimit-Remaining": {}, "X-RateLimit-Reset": {} } } }
              },
              "post": {
                "parameters": [ { "name": "Idempotency-Key", "in": "header", "schema": { "type": "string" } } ],
                "requestBody": { "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Ticket" } } } },
                "responses": { "201": { "description": "" } }
              }
            },
            "/tickets/{id}": {
              "parameters": [ { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } } ],
              "put": { "operationId": "replaceTicket", "requestBody": { "required": true, "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Ticket" } } } }, "responses": { "204": { "description": "" } } },
              "delete": { "operationId": "deleteTicket", "responses": { "204": { "description": "" } } }
            },
            "/tickets/search": { "post": { "operationId": "searchTickets", "requestBody": { "content": { "application/json": { "schema": { "type": "object", "properties": { "q": { "type": "string" } } } } } }, "responses": { "200": { "description": "", "content": { "application/json": { "schema": { "type": "array", "items": { "$ref": "#/components/schemas/Ticket" } } } } } } } },
            "/exports/search": { "post": { "operationId": "startSearch", "responses": { "202": { "description": "" } } } },
            "/users/{id}/deactivate": { "post": { "parameters": [ { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } } ], "responses": { "204": { "description": "" } } } },
            "/files": { "post": { "operationId": "upload", "requestBody": { "content": { "multipart/form-data": { "schema": { "type": "object" } } } }, "responses": { "200": { "description": "" } } } }
          },
          "webhooks": { "ticketChanged": { "post": { "responses": { "200": { "description": "" } } } } },
          "components": {
            "securitySchemes": { "oauth": { "type": "oauth2", "flows": { "authorizationCode": { "authorizationUrl": "https://login.desk.dev/authorize", "tokenUrl": "https://login.desk.dev/token", "scopes": { "tickets:read": "", "tickets:write": "" } } } } },
            "schemas": { "Ticket": { "type": "object", "required": [ "title", "id" ], "properties": {
              "id": { "type": "string", "readOnly": true }, "title": { "type": "string", "maxLength": 200, "default": "No title" }, "parent": { "$ref": "#/components/schemas/Ticket" },
              "state": { "type": "string", "enum": [ "open", "closed" ] }, "token": { "type": "string", "writeOnly": true } } } }
          }
        }
        """;

    /// <summary>Forms in parts: a file with more about it, two files, and a list that no template can say.</summary>
    public const string Files30 = """
        openapi: 3.0.3
        info: { title: Files, version: 1.0.0 }
        servers: [ { url: https://api.files.dev } ]
        paths:
          /me: { get: { responses: { 200: { description: ok } } } }
          /tickets/{ticket}/files:
            post:
              operationId: attach
              parameters: [ { name: ticket, in: path, required: true, schema: { type: string } } ]
              requestBody:
                required: true
                content:
                  multipart/form-data:
                    schema:
                      type: object
                      required: [file]
                      properties:
                        note: { type: string, maxLength: 200 }
                        source: { type: string, default: steward, x-ms-visibility: internal }
                        file: { type: string, format: binary, description: The log. }
                        about: { type: object, properties: { title: { type: string } } }
                        tags: { type: array, items: { type: string } }
              responses: { 200: { description: ok } }
          /logo:
            put:
              operationId: replaceLogo
              requestBody:
                required: true
                content:
                  multipart/form-data:
                    schema: { type: object, required: [light], properties: { light: { type: string, format: binary }, dark: { type: string, format: binary } } }
                    encoding: { light: { contentType: image/png }, dark: { contentType: "image/png, image/svg+xml" } }
              responses: { 200: { description: ok } }
          /tags:
            post:
              operationId: tag
              requestBody: { required: true, content: { multipart/form-data: { schema: { type: object, required: [tags], properties: { tags: { type: array, items: { type: string } } } } } } }
              responses: { 200: { description: ok } }
        """;

    public const string Power20 = """
        swagger: "2.0"
        info: { title: Crm Connector, version: 1.2.0 }
        host: api.crm.dev
        basePath: /rest
        schemes: [https]
        consumes: [application/json]
        produces: [application/json]
        securityDefinitions:
          key: { type: apiKey, in: header, name: X-Crm-Key }
          login: { type: basic }
        security: [ { key: [] } ]
        paths:
          /lists:
            get:
              operationId: GetLists
              x-ms-visibility: internal
              responses: { "200": { description: ok, schema: { type: object, properties: { value: { type: array, items: { type: object, properties: { id: { type: string }, name: { type: string } } } } } } } }
          /account:
            get:
              operationId: GetAccount
              x-ms-no-generic-test: true
              responses: { "200": { description: ok } }
          /records:
            post:
              operationId: CreateRecord
              summary: Create a record
              x-ms-require-user-confirmation: true
              parameters:
                - { name: list, in: query, required: true, type: string, x-ms-summary: List, x-ms-dynamic-values: { operationId: GetLists, value-collection: value, value-path: id, value-title: name, parameters: { kind: all, owner: { parameter: owner } } } }
                - { name: api-version, in: query, required: true, type: string, default: "2026-01", x-ms-visibility: internal }
                - { name: owner, in: query, type: string }
                - { name: body, in: body, required: true, schema: { type: object, required: [item], properties: { item: { type: object, x-ms-dynamic-schema: { operationId: GetLists, value-path: schema } }, list: { type: string } } } }
              responses: { "201": { description: made } }
          /watch:
            x-ms-notification-content: { schema: { type: object } }
            post:
              operationId: WhenChanged
              x-ms-trigger: single
              parameters: [ { name: body, in: body, schema: { type: object, properties: { url: { type: string, x-ms-notification-url: true } } } } ]
              responses: { "201": { description: ok } }
          /form:
            post:
              operationId: SendForm
              consumes: [application/x-www-form-urlencoded]
              parameters: [ { name: to, in: formData, required: true, type: string }, { name: copies, in: formData, type: array, items: { type: string } } ]
              responses: { "200": { description: ok } }
        """;

    public static ImportResult Import(string text, ImportLimits? limits = null) => new OpenApiImporter(limits).Import(Encoding.UTF8.GetBytes(text), "document");
}
