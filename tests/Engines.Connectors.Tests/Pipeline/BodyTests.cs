using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Steward.Engines.Connectors.Tests.Pipeline;

/// <summary>Bodies in parts and in XML, and answers in XML.</summary>
public sealed class BodyTests : IAsyncLifetime
{
    private const string Yaml = Templates.Bearer +
        """
        answers: xml
        errors: { messagePaths: [Fault.faultstring] }
        operations:
          - id: files.put
            summary: Puts a file.
            method: POST
            path: /files
            effect: write
            bodyFormat: multipart
            parts:
              - { name: about, json: { name: "{fileName}", tags: "{tags}" } }
              - { name: note, text: "{note}" }
              - { name: file, base64: "{content}", fileName: "{fileName}", contentType: "{type}" }
            input:
              properties: { fileName: { type: string }, content: { type: string }, type: { type: string }, note: { type: string }, tags: { type: array, items: { type: string } } }
              required: [fileName, content]
          - id: files.describe
            summary: Puts a file with its description.
            method: POST
            path: /described
            effect: write
            bodyFormat: multipart_related
            parts:
              - { json: { name: "{fileName}" } }
              - { base64: "{content}", contentType: text/plain }
            input:
              properties: { fileName: { type: string }, content: { type: string } }
              required: [fileName, content]
          - id: users.create
            summary: Creates a user.
            method: POST
            path: /users
            effect: write
            bodyFormat: xml
            body: '<user kind="{kind}"><name>{name}</name>{?mail:<mail>{mail}</mail>}</user>'
            input:
              properties: { name: { type: string }, kind: { type: string, default: person }, mail: { type: string } }
              required: [name]
            output: { path: user, fields: { id: "@id", name: name, active: active|boolean, manager: manager } }
          - id: things.search
            summary: Finds things.
            path: /things
            effect: read
            output: { path: things.thing, list: true, fields: { id: "@id", name: "name ?? #text", size: size|integer } }
        """;

    private FakeVendor _vendor = null!;
    private Piped _sut = null!;
    private string _type = "";

    public async Task InitializeAsync()
    {
        _vendor = await FakeVendor.StartAsync();
        _sut = Piped.Of(Yaml, _vendor.Url);
    }

    public async Task DisposeAsync()
    {
        _sut.Dispose();
        await _vendor.DisposeAsync();
    }

    [Fact]
    public async Task Multipart_WhatIsGiven_BecomesFieldsAndFiles()
    {
        Answers("{}");
        await _sut.ResultAsync("files.put", new { fileName = "a.txt", content = Base64("Hello"), type = "text/plain; charset=utf-8", tags = new[] { "x" } });

        var parts = await PartsAsync();
        Assert.Equal(["about", "file"], parts.Select(part => part.Name));
        Assert.Equal(("application/json", """{"name":"a.txt","tags":["x"]}"""), (parts[0].Type, parts[0].Content));
        Assert.Equal(("a.txt", "text/plain; charset=utf-8", "Hello"), (parts[1].FileName, parts[1].Type, parts[1].Content));
    }

    [Fact]
    public async Task Multipart_HostileName_StaysAName()
    {
        Answers("{}");
        await _sut.ResultAsync("files.put", new { fileName = "a\"; name=\"other\r\nX-Evil: 1\r\n\r\n--b", content = Base64("--b--"), note = "--steward-\r\nContent-Disposition: form-data; name=\"evil\"\r\n\r\nx" });

        var parts = await PartsAsync();
        Assert.Equal(["about", "note", "file"], parts.Select(part => part.Name));
        Assert.Equal("a%22; name=%22other%0D%0AX-Evil: 1%0D%0A%0D%0A--b", parts[2].FileName);
        Assert.Equal("--b--", parts[2].Content);
    }

    [Fact]
    public async Task Multipart_SameValues_AreTheSameBytes()
    {
        Answers("{}");
        await _sut.ResultAsync("files.put", new { fileName = "a", content = Base64("x") });
        await _sut.ResultAsync("files.put", new { fileName = "a", content = Base64("x") });

        Assert.Equal(_vendor.Requests[0].Body, _vendor.Requests[1].Body);
    }

    [Theory]
    [InlineData("no base64!", null, "content")]
    [InlineData("eA==", "text/plain\r\nX-Evil: 1", "type")]
    [InlineData("eA==", "plain", "type")]
    public async Task Multipart_ValueThatDoesNotFit_IsNamed(string content, string? type, string field)
    {
        var failed = await _sut.FailureAsync("files.put", new { fileName = "a", content, type });

        Assert.Equal(("invalid_argument", field), (failed.Code, failed.Field));
        Assert.Empty(_vendor.Requests);
    }

    [Fact]
    public async Task MultipartRelated_PartsHaveNoNames()
    {
        Answers("{}");
        await _sut.ResultAsync("files.describe", new { fileName = "a.txt", content = Base64("Hello") });

        Assert.StartsWith("multipart/related; boundary=", _type, StringComparison.Ordinal);
        Assert.DoesNotContain("Content-Disposition", _vendor.Requests[0].Body, StringComparison.Ordinal);
        Assert.Contains("Content-Type: application/json\r\n\r\n{\"name\":\"a.txt\"}\r\n", _vendor.Requests[0].Body, StringComparison.Ordinal);
        Assert.Contains("Content-Type: text/plain\r\n\r\nHello\r\n", _vendor.Requests[0].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Xml_ValuesAreEscapedAndAnswersRead()
    {
        Answers("""<?xml version="1.0"?><ns:user xmlns:ns="urn:x" id="7"><ns:name>A&amp;B</ns:name><ns:active>true</ns:active><manager xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"/></ns:user>""", "text/xml");
        var created = await _sut.ResultAsync("users.create", new { name = "</name><admin/>\"&'", kind = "\" admin=\"1" });

        var sent = XDocument.Parse(_vendor.Requests[0].Body).Root!;
        Assert.Equal("application/xml; charset=utf-8", _type);
        Assert.Equal(("</name><admin/>\"&'", "\" admin=\"1", 1), (sent.Element("name")!.Value, sent.Attribute("kind")!.Value, sent.Elements().Count()));
        Assert.Equal("""{"id":"7","name":"A\u0026B","active":true,"manager":null}""", created.GetRawText());
    }

    [Fact]
    public async Task Xml_OptionalPartAndCharactersThatXmlHasNot()
    {
        Answers("<user/>", "application/xml");
        await _sut.ResultAsync("users.create", new { name = "Ada", mail = "ada@acme.example" });
        Assert.Equal("""<user kind="person"><name>Ada</name><mail>ada@acme.example</mail></user>""", _vendor.Requests[0].Body);

        Assert.Equal("invalid_argument", (await _sut.FailureAsync("users.create", new { name = "a\u0001b" })).Code);
    }

    [Theory]
    [InlineData("""<things><thing id="1"><name>One</name><size>12</size></thing><thing id="2">Two</thing></things>""", "1:One:12 2:Two:")]
    [InlineData("""<things><thing id="1"><name>One</name></thing></things>""", "1:One:")]
    [InlineData("<things><thing>One</thing><thing/></things>", ":One: ::")]
    [InlineData("<things/>", "")]
    [InlineData("""{"things":{"thing":[{"@id":"9","name":"By JSON"}]}}""", "9:By JSON:")]
    public async Task XmlList_OneSeveralOrNone_IsAList(string body, string expected)
    {
        Answers(body, "application/xml");

        var items = (await _sut.ResultAsync("things.search")).GetProperty("items").EnumerateArray();
        Assert.Equal(expected, string.Join(' ', items.Select(item => $"{item.GetProperty("id")}:{item.GetProperty("name")}:{item.GetProperty("size")}")));
    }

    [Fact]
    public async Task XmlError_IsSaidInItsOwnWords()
    {
        _vendor.Answer = (_, http) => WriteAsync(http, "<Fault><faultcode>Client</faultcode><faultstring>No such tenant</faultstring></Fault>", "text/xml", 400);

        Assert.Equal("Sut: No such tenant", (await _sut.FailureAsync("things.search")).Message);
    }

    [Theory]
    [InlineData("""<!DOCTYPE t [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><things><thing id="1">&b;</thing></things>""")]
    [InlineData("""<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><things><thing id="1">&x;</thing></things>""")]
    [InlineData("<things><thing>")]
    public async Task XmlAnswer_HostileOrBroken_IsNotUnderstood(string body)
    {
        Answers(body, "application/xml");

        Assert.Equal("bad_response", (await _sut.FailureAsync("things.search")).Code);
    }

    [Fact]
    public async Task XmlAnswer_NestedWithoutEnd_IsNotUnderstood()
    {
        Answers(string.Concat(Enumerable.Repeat("<a>", 100_000)), "application/xml");

        Assert.Equal("bad_response", (await _sut.FailureAsync("things.search")).Code);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static Task WriteAsync(HttpContext http, string body, string type, int status = 200)
    {
        (http.Response.StatusCode, http.Response.ContentType) = (status, type);
        return http.Response.WriteAsync(body);
    }

    private void Answers(string body, string type = "application/json") => _vendor.Answer = (_, http) =>
    {
        _type = http.Request.ContentType ?? "";
        return WriteAsync(http, body, type);
    };

    private async Task<List<(string Name, string FileName, string? Type, string Content)>> PartsAsync()
    {
        var type = MediaTypeHeaderValue.Parse(_type);
        Assert.Equal("multipart/form-data", type.MediaType.ToString());
        var reader = new MultipartReader(type.Boundary.ToString(), new MemoryStream(Encoding.UTF8.GetBytes(_vendor.Requests[^1].Body)));
        var parts = new List<(string, string, string?, string)>();
        while (await reader.ReadNextSectionAsync() is { } section)
        {
            var disposition = section.GetContentDispositionHeader()!;
            parts.Add((HeaderUtilities.RemoveQuotes(disposition.Name).ToString(), HeaderUtilities.RemoveQuotes(disposition.FileName).ToString(), section.ContentType, await section.ReadAsStringAsync()));
        }

        return parts;
    }
}
