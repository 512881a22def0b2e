using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Steward.Engines.Connectors.Import;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Definitions;

namespace Steward.Engines.Connectors.Tests.Import;

/// <summary>Documents that somebody wrote to do harm: a clear answer in bounded time and memory. The bounds leave room for a busy machine; without the limits none would hold.</summary>
public class HostileDocumentTests
{
    private const long MaxAllocated = 600L * 1024 * 1024;

    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(20);

    // By name, since the runner writes down what a test is given.
    private static readonly Dictionary<string, (Func<string> Text, string Message)> Documented = new()
    {
        ["8 MB of brackets"] = (() => new string('[', 8_000_000), "nested deeper than 96 levels"),
        ["8 MB of YAML brackets"] = (() => "a: " + new string('[', 7_900_000), "nested deeper than 96 levels"),
        ["deep braces"] = (() => string.Concat(Enumerable.Repeat("{\"a\":", 5_000)), "nested deeper than 96 levels"),
        ["deep YAML indentation"] = (() => string.Concat(Enumerable.Range(0, 400).Select(depth => new string(' ', depth) + "a:\n")), "nested deeper than 96 levels"),
        ["too large"] = (() => new string(' ', (8 * 1024 * 1024) + 1), "at most 8388608 are allowed"),
        ["4 million values"] = (() => "{\"a\":[" + string.Join(',', Enumerable.Repeat("1", 3_900_000)) + "]}", "more than 600000 values"),
        ["huge enumeration"] = (() => Document(schema: "{\"enum\":[" + string.Join(',', Enumerable.Range(0, 310_000)) + "]}"), "more than 600000 values"),
        ["alias bomb"] = (() => "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(1, 12).Select(i => $"{(char)('a' + i)}: &{(char)('a' + i)} [{string.Join(',', Enumerable.Repeat("*" + (char)('a' + i - 1), 10))}]\n")), "more than 600000 values"),
        ["alias to itself"] = (() => "a: &a [*a]", "names nothing that is complete"),
        ["duplicate keys"] = (() => "{\"openapi\":\"3.0.0\",\n\"openapi\":\"3.1.0\"}", "document:2: the key 'openapi' appears twice"),
        ["two documents"] = (() => "{} {}", "not valid JSON"),
        ["not UTF-8 names"] = (() => "{\"\\ud800\": 1}", "not valid JSON"),
        ["numbers as paths"] = (() => """{ "openapi": "3.0.0", "info": 7, "paths": 7 }""", "document"),
        ["only remote"] = (() => """{ "openapi": "3.0.0", "info": { "title": "x", "version": "1" }, "paths": { "/a": { "$ref": "other.yaml#/a" } } }""", "never read. Bundle the document"),
    };

    public static TheoryData<string> Refused => [.. Documented.Keys];

    [Theory]
    [MemberData(nameof(Refused))]
    public void Import_HostileDocument_IsRefusedClearlyInBoundedTimeAndMemory(string name)
    {
        var (text, message) = (Documented[name].Text(), Documented[name].Message);
        var exception = Bounded(() => Assert.Throws<DefinitionException>(() => Documents.Import(text)));

        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
        Assert.True(exception.Message.Length < 2_000, "an error must not repeat the document");
    }

    [Fact]
    public void Import_RemoteReferences_AreWarningsAndNeverRequests()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/schema.json";

        var result = Documents.Import($$"""
            { "openapi": "3.1.0", "$schema": "{{address}}", "jsonSchemaDialect": "{{address}}", "info": { "title": "Remote", "version": "1.0.0" }, "servers": [ { "url": "https://api.remote.dev" } ], "externalDocs": { "url": "{{address}}" },
              "paths": { "/a": { "get": { "operationId": "a",
                "parameters": [ { "$ref": "{{address}}#/p" }, { "name": "q", "in": "query", "schema": { "$ref": "{{address}}" } } ],
                "responses": { "200": { "description": "", "content": { "application/json": { "schema": { "$ref": "file:///etc/passwd" } } } }, "404": { "$ref": "{{address}}#/r" } } } },
                "/b": { "$ref": "{{address}}" } },
              "components": { "schemas": { "S": { "$id": "{{address}}", "$dynamicRef": "{{address}}", "allOf": [ { "$ref": "../../../../etc/passwd" } ] } } } }
            """);

        Assert.False(listener.Pending(), "somebody connected");
        Assert.Equal("a", Assert.Single(result.Template.Operations).Id);
        Assert.Contains(result.Warnings, warning => warning.Message.Contains("never followed", StringComparison.Ordinal));
        Assert.DoesNotContain("127.0.0.1", TemplateWriter.Write(result.Template), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"A":{"$ref":"#/components/schemas/A"}}""")]
    [InlineData("""{"A":{"$ref":"#/components/schemas/B"},"B":{"$ref":"#/components/schemas/A"}}""")]
    [InlineData("""{"A":{"allOf":[{"$ref":"#/components/schemas/A"}]}}""")]
    [InlineData("""{"A":{"allOf":[{"$ref":"#/components/schemas/B"}]},"B":{"allOf":[{"$ref":"#/components/schemas/A"}]}}""")]
    [InlineData("""{"A":{"anyOf":[{"$ref":"#/components/schemas/A"},{"type":"array","items":{"$ref":"#/components/schemas/A"}}]}}""")]
    [InlineData("""{"A":{"properties":{"a":{"$ref":"#/components/schemas/A/properties/a"}}}}""")]
    [InlineData("""{"A":{"additionalProperties":{"$ref":"#/components/schemas/A"}}}""")]
    [InlineData("""{"A":{"$ref":"#"}}""")]
    [InlineData("""{"A":{"$ref":"#/components/schemas"}}""")]
    [InlineData("""{"A":{"$ref":7}}""")]
    [InlineData("""{"A":[1,2]}""")]
    [InlineData("""{"A":{"type":7,"required":"all","enum":{},"properties":[],"items":"x","minLength":"long","pattern":{}}}""")]
    [InlineData("""{"A":{"type":"string","pattern":"(a+)+$","minLength":-5,"maximum":1e400,"enum":[null,{},[],1]}}""")]
    public void Import_CyclicAndBrokenSchemas_EndAndTheOperationIsThere(string schemas)
    {
        var result = Bounded(() =>
        {
            try
            {
                return Documents.Import(Document("""{"$ref":"#/components/schemas/A"}""", schemas)).Template.Operations.Count;
            }
            catch (DefinitionException exception)
            {
                // Of the wrong type through and through: then a clear refusal.
                return exception.Message.Length > 20 ? 1 : 0;
            }
        });

        Assert.Equal(1, result);
    }

    [Fact]
    public void Import_ReferencesThatGrowTenfoldAtEachLevel_AreCut()
    {
        var schemas = "{" + string.Join(',', Enumerable.Range(0, 30).Select(i => $"\"S{i}\":{{\"type\":\"object\",\"properties\":{{{string.Join(',', Enumerable.Range(0, 10).Select(p => $"\"p{p}\":{{\"$ref\":\"#/components/schemas/S{i + 1}\"}}"))}}}}}")) + ",\"S30\":{\"type\":\"string\"}}";

        var result = Bounded(() => Documents.Import(Document("""{"$ref":"#/components/schemas/S0"}""", schemas)));

        Assert.True(TemplateWriter.Write(result.Template).Length < 100_000);
        Assert.Contains(result.Warnings, warning => warning.Message.Contains("too large", StringComparison.Ordinal) || warning.Message.Contains("nested deeper", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://api.x.dev/../../etc")]
    [InlineData("https://api.x.dev/%2e%2e/admin")]
    [InlineData("https://user:secret@api.x.dev/")]
    [InlineData("https://127.0.0.1/")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("https://localhost:8080/")]
    [InlineData("https://vault.internal/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("javascript:alert(1)")]
    [InlineData("https://api.x.dev/?key=1#a")]
    [InlineData("//evil.dev/a")]
    public void Import_ServerThatLeadsElsewhere_IsNotTheBaseUrl(string url)
    {
        var template = Documents.Import(Document("""{"type":"string"}""").Replace("https://api.x.dev", url, StringComparison.Ordinal)).Template;

        Assert.Equal("https://{host}", template.Connection.BaseUrl);
    }

    [Fact]
    public void Import_ServerThatStandsForTheTenants_KeepsItsPath()
    {
        var template = Documents.Import(Document("""{"type":"string"}""").Replace("https://api.x.dev", "https://yourhost.yourdomain.com/rest/api", StringComparison.Ordinal)).Template;

        Assert.Equal("https://{host}/rest/api", template.Connection.BaseUrl);
    }

    [Theory]
    [InlineData("/a/../../admin")]
    [InlineData("/a/%2E%2E/admin")]
    [InlineData("//evil.dev/a")]
    [InlineData("/a\\\\b")]
    [InlineData("https://evil.dev/a")]
    public void Import_PathThatLeadsElsewhere_IsLeftOut(string path)
    {
        var document = Document("""{"type":"string"}""").Replace("\"paths\":{", $$"""
            "paths":{"{{path}}":{"get":{"operationId":"evil","responses":{"200":{"description":""} } } },
            """, StringComparison.Ordinal);

        Assert.DoesNotContain(Documents.Import(document).Template.Operations, operation => operation.Id == "evil");
    }

    [Fact]
    public void Import_TextsWithControlCharactersAndInstructions_BecomeOnePlainLine()
    {
        var operation = Documents.Import(Document("""{"type":"string"}""").Replace("\"operationId\":\"op\"", "\"operationId\":\"op\",\"summary\":\"Line\\u0000one\\nline <script>x</script> **two** \\u202e" + new string('x', 5_000) + "\"", StringComparison.Ordinal)).Template.Operations[0];

        Assert.StartsWith("Line one line x two", operation.Summary, StringComparison.Ordinal);
        Assert.True(operation.Summary.Length < 700);
        Assert.DoesNotContain(operation.Summary, char.IsControl);
    }

    internal static string Document(string schema, string schemas = "{}") => """
        {"openapi":"3.0.0","info":{"title":"Hostile","version":"1.0.0"},"servers":[{"url":"https://api.x.dev"}],"paths":{"/a":{"get":{"operationId":"op","parameters":[{"name":"q","in":"query","schema":SCHEMA-HERE}],"responses":{"200":{"description":"","content":{"application/json":{"schema":SCHEMA-HERE}}}}}}},"components":{"schemas":SCHEMAS-HERE}}
        """.Replace("SCHEMA-HERE", schema, StringComparison.Ordinal).Replace("SCHEMAS-HERE", schemas, StringComparison.Ordinal);

    private static T Bounded<T>(Func<T> work)
    {
        var (started, before) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
        var result = work();
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, MaxTime);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocated);
        return result;
    }
}
