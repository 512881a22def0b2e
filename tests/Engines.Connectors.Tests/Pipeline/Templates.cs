namespace Steward.Engines.Connectors.Tests.Pipeline;

/// <summary>Templates for tests, without the head that all share.</summary>
internal static class Templates
{
    public const string Bearer =
        """
        auth:
          - id: token
            kind: api_key
            fields:
              - { name: token, title: Token, secret: true }
            apply:
              - { header: Authorization, value: "Bearer {token}" }

        """;

    /// <summary>Reads, writes of each kind of idempotency, errors and limits.</summary>
    public const string Things = Bearer +
        """
        retry: { baseDelay: 10ms, maxDelay: 20ms }
        requestIdHeader: X-Sut-Id
        redact: [text]
        errors:
          inSuccess:
            - { bodyPath: ok, equalTo: false }
          messagePaths: [error.message, error]
          codes:
            - { when: { bodyPath: error, equalTo: ratelimited }, code: rate_limited, retryable: true }
            - { when: { bodyPath: error, equalTo: no_such_thing }, code: not_found }
            - { when: { bodyPath: error, equalTo: fatal_error }, code: unavailable, retryable: true }
        expiredWhen:
          - { status: 401 }
          - { bodyPath: error, equalTo: token_expired }
        operations:
          - id: things.get
            summary: Reads a thing.
            path: /v1/{site}/things/{id}
            query: { expand: "{expand|csv}", filter: "name eq '{name|odata}'" }
            headers: { X-Trace: "{trace}" }
            effect: read
            input:
              properties:
                id: { type: string }
                expand: { type: array, items: { type: string } }
                name: { type: string }
                trace: { type: string }
              required: [id]
            output: { path: thing, fields: { id: id, tags: "tags.*.name", owner: owner.name } }
          - id: things.create
            summary: Creates a thing.
            method: POST
            path: /v1/things
            effect: write
            body: { name: "{name}", count: "{count}", labels: "{labels}", nested: { note: "{note}" }, origin: "steward {marker}", kind: plain }
            input:
              properties:
                name: { type: string, minLength: 1, maxLength: 20 }
                count: { type: integer, default: 3 }
                labels: { type: array, items: { type: string } }
                note: { type: string }
                text: { type: string }
              required: [name]
            output: { fields: { id: id, name: name } }
            idempotency: { naturalKey: origin }
            reconcile: { operation: things.search, with: { q: "{marker}", since: "{sentAt}" }, expect: { name: "{name}" } }
          - id: things.put
            summary: Sets a thing.
            method: PUT
            path: /v1/things/{id}
            effect: write
            body: { name: "{name}" }
            input: { properties: { id: { type: string }, name: { type: string } }, required: [id] }
            idempotency: { natural: true }
          - id: things.pay
            summary: Pays for a thing.
            method: POST
            path: /v1/payments
            effect: write
            bodyFormat: form
            body: { amount: "{amount}", meta: { who: "{who}" } }
            input: { properties: { amount: { type: integer }, who: { type: string } }, required: [amount] }
            idempotency: { header: Idempotency-Key }
            dryRun: { query: { validate: "true" } }
          - id: things.search
            summary: Finds things.
            path: /v1/things
            query: { q: "{q}", since: "{since}" }
            effect: read
            input: { properties: { q: { type: string }, since: { type: string } } }
            output: { path: things, list: true, fields: { id: id, name: name } }
        """;
}
