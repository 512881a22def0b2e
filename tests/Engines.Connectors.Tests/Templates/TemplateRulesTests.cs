using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Definitions;

namespace Steward.Engines.Connectors.Tests.Templates;

public sealed class TemplateRulesTests
{
    private const string Valid = """
        id: sample
        version: 1.0.0
        name: Sample
        vendor: Sample Ltd
        categories: [itsm]
        docs: https://docs.sample.example
        description: A sample.
        depth: deep
        connection:
          fields:
            - { name: domain, title: Domain, pattern: '[a-z.]+', example: acme.example }
          baseUrl: https://{domain}
        auth:
          - { id: token, kind: api_key, fields: [ { name: token, title: Token, secret: true } ], apply: [ { header: Authorization, value: "Bearer {token}" } ] }
        verify: { operation: things.find }
        limits:
          - { window: 1m, max: 10 }
        operations:
          - { id: things.find, summary: Finds., path: /things, query: { q: "{text|quoted}" }, effect: read, input: { properties: { text: { type: string, maxLength: 10 } } }, output: { list: true, fields: { id: id } }, pagination: { kind: link } }
          - { id: things.make, summary: Makes., method: POST, path: /things, effect: write, body: { name: "{name}", key: "{actionId}" }, input: { properties: { name: { type: string, maxLength: 10 } }, required: [name] }, output: { fields: { id: id } }, idempotency: { naturalKey: key }, reconcile: { operation: things.find, with: { text: "{actionId}" } }, undo: { operation: things.drop, with: { thing: "{result.id}" } } }
          - { id: things.drop, summary: Drops., method: DELETE, path: "/things/{thing}", effect: destructive, input: { properties: { thing: { type: string, maxLength: 10 } }, required: [thing] }, idempotency: { natural: true } }
        webhooks:
          - { id: events, verification: { kind: hmac, header: X-Signature, payload: "{body}" } }
        fixtures:
          - { operation: things.drop, arguments: { thing: a }, request: DELETE /things/a, status: 204, result: {} }
        """;

    [Fact]
    public void Read_ValidTemplate_HasNoFaults() => Assert.Equal("sample", TemplateReader.Read(Valid, "sample.yaml").Id);

    [Theory]
    [InlineData("verify: { operation: things.find }", "verify: { operation: things.look }", "there is no operation 'things.look'")]
    [InlineData("verify: { operation: things.find }", "verify: { operation: things.make }", "must be an operation that reads")]
    [InlineData("verify: { operation: things.find }", "verify: { operation: things.find, arguments: { no: 1 } }", "is not a known field")]
    [InlineData("path: \"/things/{thing}\"", "path: \"/things/{thingId}\"", "nothing is called 'thingId' here")]
    [InlineData("thing: { type: string, maxLength: 10 } }, required: [thing] }", "thing: { type: string, maxLength: 10 } } }", "stands in the path and so must be required")]
    [InlineData("{text|quoted}", "{text|bold}", "'bold' is no function")]
    [InlineData("{text|quoted}", "{token}", "nothing is called 'token' here")]
    [InlineData("with: { text: \"{actionId}\" }", "with: { body: \"{actionId}\" }", "things.find has no argument 'body'")]
    [InlineData("with: { thing: \"{result.id}\" }", "with: { thing: \"{result.key}\" }", "the result has no member 'key'")]
    [InlineData("undo: { operation: things.drop, with: { thing: \"{result.id}\" } }", "undo: { operation: things.find }", "only reads and so undoes nothing")]
    [InlineData("undo: { operation: things.drop, with: { thing: \"{result.id}\" } }", "undo: { operation: things.drop }", "the argument 'thing' of things.drop is missing")]
    [InlineData("key: \"{actionId}\"", "key: fixed", "nothing of the request holds {actionId} or {marker}")]
    [InlineData("effect: destructive", "effect: read", "DELETE is write or destructive")]
    [InlineData(", idempotency: { natural: true }", "", "must say how a repetition is kept from acting twice")]
    [InlineData("baseUrl: https://{domain}", "baseUrl: http://{domain}", "must be an address that begins with https://")]
    [InlineData("baseUrl: https://{domain}", "baseUrl: \"{domain}\"", "must be an address that begins with https://")]
    [InlineData(", pattern: '[a-z.]+'", "", "needs a pattern or values")]
    [InlineData("pattern: '[a-z.]+'", "pattern: '(?=a)'", "without look-around")]
    [InlineData("example: acme.example", "example: ACME", "must match the pattern")]
    [InlineData("secret: true", "secret: false", "must have a secret field, the key")]
    [InlineData("header: Authorization, value", "header: Authorization, query: key, value", "must have either a header or a query parameter")]
    [InlineData("kind: api_key", "kind: oauth2_client_credentials", "the field 'clientId' is missing")]
    [InlineData("window: 1m, max: 10", "window: 1m, max: 0", "must be at least 1")]
    [InlineData("window: 1m, max: 10", "scope: resource, window: 1m, max: 10", "is needed for scope: resource")]
    [InlineData("payload: \"{body}\"", "payload: \"{timestamp}\"", "must hold {body}")]
    [InlineData("payload: \"{body}\"", "payload: \"{body}\", timestampHeader: X-Time", "an unsigned time proves nothing")]
    [InlineData("payload: \"{body}\" }", "payload: \"{body}\" }, challenges: [ { bodyPath: token, answerMember: token, hashMember: hash } ]", "must be true with hashMember")]
    [InlineData("payload: \"{body}\" }", "payload: \"{body}\" }, routes: [ { to: all } ]", "a rule that always holds says nothing")]
    [InlineData("payload: \"{body}\" }", "payload: \"{body}\" }, routes: [ { types: [a], to: all } ]", "nothing says the type")]
    [InlineData("payload: \"{body}\" }", "payload: \"{body}\" }, eventTypePath: type, routes: [ { types: [\"a*b\"], to: all } ]", "a * may only stand at the end")]
    [InlineData("payload: \"{body}\" }", "payload: \"{body}\" }, eventTypePath: type, routes: [ { types: [a], to: All } ]", "lower-case letters, digits and hyphens")]
    [InlineData("payload: \"{body}\" }", "payload: \"{body}\" }, eventTypePath: type, routes: [ { types: [a], equalTo: 1, to: all } ]", "needs a bodyPath")]
    [InlineData("method: POST, path: /things, effect: write", "method: POST, path: /things, effect: write, code: true, dryRun: { query: { preview: \"true\" } }", "is not possible with code: true")]
    [InlineData("pagination: { kind: link }", "pagination: { kind: cursor, parameter: after }", "is needed for cursor and next_url")]
    [InlineData("maxLength: 10 } } }, output: { list", "maxLength: 10, minimal: 1 } } }, output: { list", "the keyword 'minimal' is not supported")]
    [InlineData("text: { type: string", "domain: { type: string", "the connection has a field 'domain', too")]
    [InlineData("status: 204, result: {}", "status: 204", "must have either a result or an error")]
    [InlineData("arguments: { thing: a }", "arguments: { thing: 1 }", "must be string")]
    [InlineData("categories: [itsm]", "categories: [it]", "'it' is no category")]
    [InlineData("limits:", "retry: { maxAttempts: 5 }\nlimits:", "must be between 1 and 4")]
    [InlineData("limits:", "breaker: { failureRatio: 0 }\nlimits:", "must be more than 0 and at most 1")]
    [InlineData("limits:", "csrf: { path: \"//evil.example\" }\nlimits:", "must begin with one slash")]
    [InlineData("body: { name: \"{name}\", key: \"{actionId}\" }", "bodyFormat: multipart", "must hold 1 to 20 parts")]
    [InlineData("body: { name: \"{name}\", key: \"{actionId}\" }", "bodyFormat: multipart, body: {}, parts: [ { name: key, text: \"{actionId}\" } ]", "must be left out: parts says what is sent")]
    [InlineData("body: { name: \"{name}\", key: \"{actionId}\" }", "bodyFormat: multipart, parts: [ { text: \"{actionId}\" } ]", "must be the field's name")]
    [InlineData("body: { name: \"{name}\", key: \"{actionId}\" }", "bodyFormat: multipart_related, parts: [ { name: a, text: \"{actionId}\" } ]", "is only for bodyFormat: multipart")]
    [InlineData("body: { name: \"{name}\", key: \"{actionId}\" }", "bodyFormat: multipart, parts: [ { name: a, text: \"{actionId}\", base64: \"{name}\" } ]", "exactly one of json, text and base64")]
    [InlineData("body: { name: \"{name}\", key: \"{actionId}\" }", "bodyFormat: multipart, parts: [ { name: a, base64: \"x{name}\" }, { name: b, text: \"{actionId}\" } ]", "must be one placeholder")]
    [InlineData("body: { name: \"{name}\", key: \"{actionId}\" }", "bodyFormat: multipart, parts: [ { name: a, text: \"{nobody}\" } ]", "nothing is called 'nobody' here")]
    [InlineData("body: { name: \"{name}\", key: \"{actionId}\" }", "parts: [ { name: a, text: x } ], body: { key: \"{actionId}\" }", "are only for bodyFormat: multipart")]
    [InlineData("body: { name: \"{name}\", key: \"{actionId}\" }", "bodyFormat: xml, body: { key: \"{actionId}\" }", "must be a text with bodyFormat: xml")]
    [InlineData("body: { name: \"{name}\", key: \"{actionId}\" }", "bodyFormat: xml, body: \"<a>{actionId}</b>\"", "must be well-formed XML")]
    [InlineData("body: { name: \"{name}\", key: \"{actionId}\" }", "bodyFormat: xml, body: \"<a><![CDATA[{actionId}]]></a>\"", "must hold no CDATA")]
    [InlineData("kind: api_key", "kind: hmac", "is needed for kind: hmac")]
    [InlineData("kind: api_key", "kind: hmac, hmac: { key: \"{token}\", payload: \"{body}\" }", "must say where {signature} goes")]
    [InlineData("kind: api_key", "kind: hmac, hmac: { key: fixed, payload: \"{signature}\" }", "must hold a secret field")]
    [InlineData("kind: api_key", "kind: hmac, hmac: { key: \"{token}\", payload: \"{signature}\" }", "nothing is called 'signature' here")]
    [InlineData("kind: api_key", "kind: hmac, hmac: { key: \"{token}\", payload: \"{body|lower}\" }", "must hold plain placeholders only")]
    [InlineData("kind: api_key", "kind: hmac, hmac: { key: \"{token}\", algorithm: md5, payload: \"{body}\" }", "must be sha1, sha256 or sha512")]
    [InlineData("kind: api_key", "kind: session", "is needed for kind: session")]
    [InlineData("kind: api_key", "kind: session, session: { loginUrl: \"{baseUrl}/login\" }", "must name exactly one of tokenPath, tokenHeader and tokenCookie")]
    [InlineData("kind: api_key", "kind: session, session: { loginUrl: \"http://login.example\", tokenPath: token }", "must be an address that begins with https://")]
    [InlineData("kind: api_key", "kind: session, session: { loginUrl: \"{baseUrl}/login\", tokenPath: token, basic: true }", "which basic: true needs")]
    public void Read_Fault_SaysWhereAndWhatIsAllowed(string from, string to, string message)
    {
        var at = Valid.IndexOf(from, StringComparison.Ordinal);
        Assert.True(at >= 0);

        var exception = Assert.Throws<DefinitionException>(() => TemplateReader.Read(Valid[..at] + to + Valid[(at + from.Length)..], "sample.yaml"));

        Assert.Contains(exception.Errors, error => error.Message.Contains(message, StringComparison.Ordinal));
        Assert.All(exception.Errors, error => Assert.InRange(error.Line, 1, 60));
    }

    [Fact]
    public void Read_NullInAList_IsRefused()
    {
        var exception = Assert.Throws<DefinitionException>(() => TemplateReader.Read(Valid.Replace("categories: [itsm]", "categories: [itsm, null]", StringComparison.Ordinal), "sample.yaml"));

        Assert.Contains("must not be empty", exception.Message, StringComparison.Ordinal);
    }

    // Whatever is done to a real template, the reader answers with the template or with faults, never with another exception.
    [Fact]
    public void Read_MutatedTemplate_GivesATemplateOrFaults()
    {
        var lines = TemplateCatalog.Ids.Where(id => TemplateCatalog.Find(id)!.Template.Depth == TemplateDepth.Deep).Take(6).SelectMany(id => TemplateCatalog.Find(id)!.Text.Split('\n')).ToArray();
        var edits = from at in Gen.Choose(0, Valid.Length - 1)
                    from length in Gen.Choose(0, 30)
                    from text in Gen.OneOf(
                        Gen.Elements("{", "}", "[]", "{}", "null", "- ", ": ", "'", "\"", "\n", "  ", "*", "&a", "!x", "\u0000", "\ud800", "1e999", "-1", "{text|", "{?a:", "(?", "$ref: '#/properties/x'", "99999999d", "http://", "\t"),
                        Gen.Elements(lines))
                    select (at, length, text);
        var mutations = Gen.NonEmptyListOf(edits).Select(list => list.Take(4).Aggregate(new StringBuilder(Valid), (text, edit) =>
        {
            var at = Math.Min(edit.at, text.Length - 1);
            return text.Remove(at, Math.Min(edit.length, text.Length - at - 1)).Insert(at, edit.text);
        }).ToString());

        Prop.ForAll(Arb.From(mutations), text =>
        {
            try
            {
                TemplateReader.Read(text, "mutated.yaml");
            }
            catch (DefinitionException exception)
            {
                Assert.NotEmpty(exception.Errors);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400));
    }
}
