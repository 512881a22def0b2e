using System.Text.Json;

namespace Steward.Engines.Connectors.Tests.Pipeline;

public sealed class PagingTests : IAsyncLifetime
{
    private const string List =
        """
        operations:
          - id: things.search
            summary: Reads.
            effect: read
          - id: things.list
            summary: Lists.
            path: /v1/things
            effect: read
            input: { properties: { limit: { type: integer, minimum: 1 } } }

        """;

    private FakeVendor _vendor = null!;

    public async Task InitializeAsync() => _vendor = await FakeVendor.StartAsync();

    public async Task DisposeAsync() => await _vendor.DisposeAsync();

    [Fact]
    public async Task Link_ReadsUntilThereIsNoNext()
    {
        _vendor.Answer = (request, http) =>
        {
            var page = int.Parse(request.Parameter("page") ?? "1", System.Globalization.CultureInfo.InvariantCulture);
            if (page < 3)
            {
                http.Response.Headers.Link = $"<{_vendor.Url}v1/things?page={page + 1}&per_page=2>; rel=\"next\"";
            }

            return FakeVendor.Json(http, Items(page, 2));
        };

        Assert.Equal((6, false), await ReadAsync("{ kind: link, sizeParameter: per_page, pageSize: 2 }", "{ list: true }"));
        Assert.Equal("2", _vendor.Requests[0].Parameter("per_page"));
    }

    [Fact]
    public async Task Link_ToAnotherHost_IsNotFollowed()
    {
        _vendor.Answer = (_, http) =>
        {
            http.Response.Headers.Link = "<http://127.0.0.2:1/steal>; rel=\"next\"";
            return FakeVendor.Json(http, Items(1, 2));
        };
        using var sut = Sut("{ kind: link }", "{ list: true }");

        var failure = await sut.FailureAsync("things.list");

        Assert.Equal("bad_response", failure.Code);
        Assert.Contains("another host", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Link_ThatLeadsBack_Ends()
    {
        _vendor.Answer = (_, http) =>
        {
            http.Response.Headers.Link = $"<{_vendor.Url}v1/things?page=2>; rel=\"next\"";
            return FakeVendor.Json(http, Items(1, 2));
        };

        Assert.Equal((4, false), await ReadAsync("{ kind: link }", "{ list: true }"));
    }

    [Fact]
    public async Task Cursor_ReadsUntilItIsEmpty()
    {
        _vendor.Answer = (request, http) => FakeVendor.Json(http, request.Parameter("after") switch
        {
            null => $$"""{"data":{{Items(1, 2)}},"next":"c d"}""",
            "c d" => $$"""{"data":{{Items(2, 2)}},"next":"e"}""",
            _ => $$"""{"data":{{Items(3, 1)}},"next":""}""",
        });

        Assert.Equal((5, false), await ReadAsync("{ kind: cursor, parameter: after, nextPath: next }", "{ list: true, path: data }"));
    }

    [Fact]
    public async Task Cursor_MoreSaysNo_Ends()
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, $$"""{"data":{{Items(1, 2)}},"next":"x","more":false}""");

        Assert.Equal((2, false), await ReadAsync("{ kind: cursor, parameter: after, nextPath: next, morePath: more }", "{ list: true, path: data }"));
        Assert.Single(_vendor.Requests);
    }

    [Fact]
    public async Task Offset_ReadsUntilAPageIsShort()
    {
        _vendor.Answer = (request, http) => FakeVendor.Json(http, $$"""{"data":{{Items(1, request.Parameter("start") == "4" ? 1 : 2)}}}""");

        Assert.Equal((5, false), await ReadAsync("{ kind: offset, parameter: start, sizeParameter: count, pageSize: 2 }", "{ list: true, path: data }"));
        Assert.Equal(["0", "2", "4"], _vendor.Requests.Select(request => request.Parameter("start")));
    }

    [Fact]
    public async Task Offset_TotalReached_Ends()
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, $$"""{"data":{{Items(1, 2)}},"total":4}""");

        Assert.Equal((4, false), await ReadAsync("{ kind: offset, parameter: start, sizeParameter: count, pageSize: 2, morePath: total }", "{ list: true, path: data }"));
        Assert.Equal(2, _vendor.Requests.Count);
    }

    [Fact]
    public async Task Page_InTheBody_CountsFromTheFirst()
    {
        _vendor.Answer = (request, http) => FakeVendor.Json(http, $$"""{"data":{{Items(1, request.Json.GetProperty("page").GetInt32() == 1 ? 1 : 2)}}}""");

        using var sut = Piped.Of(Templates.Bearer + List +
            """
                method: POST
                body: { query: all }
                output: { list: true, path: data }
                pagination: { kind: page, parameter: page, firstPage: 0, sizeParameter: size, pageSize: 2, inBody: true }
            """, _vendor.Url);

        Assert.Equal(3, (await sut.ResultAsync("things.list")).GetProperty("items").GetArrayLength());
        Assert.Equal("""{"query":"all","size":2,"page":0}""", _vendor.Requests[0].Body);
    }

    [Theory]
    [InlineData("{0}v1/more")]
    [InlineData("/v1/more")]
    [InlineData("?page=2")]
    public async Task NextUrl_AbsoluteOrRelative_IsFollowedOnTheSameHost(string next)
    {
        _vendor.Answer = (request, http) => FakeVendor.Json(http, _vendor.Requests.Count == 1
            ? $$"""{"data":{{Items(1, 2)}},"next":"{{next.Replace("{0}", _vendor.Url.ToString(), StringComparison.Ordinal)}}"}"""
            : $$"""{"data":{{Items(2, 1)}}}""");

        Assert.Equal((3, false), await ReadAsync("{ kind: next_url, nextPath: next }", "{ list: true, path: data }"));
        Assert.Contains(_vendor.Requests[1].Path + _vendor.Requests[1].Query, (string[])["/v1/more", "/v1/things?page=2"]);
    }

    [Fact]
    public async Task MaxPages_Reached_SaysTruncated()
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, $$"""{"data":{{Items(1, 2)}}}""");

        Assert.Equal((6, true), await ReadAsync("{ kind: offset, parameter: start, sizeParameter: count, pageSize: 2, maxPages: 3 }", "{ list: true, path: data }"));
    }

    [Theory]
    [InlineData(3, 3, true, 2)]
    [InlineData(2, 2, true, 1)]
    [InlineData(1, 1, true, 1)]
    public async Task Limit_OfTheCaller_EndsEarlyAndSaysSo(int limit, int items, bool truncated, int requests)
    {
        _vendor.Answer = (request, http) => FakeVendor.Json(http, $$"""{"data":{{Items(1, int.Parse(request.Parameter("count")!, System.Globalization.CultureInfo.InvariantCulture))}}}""");

        Assert.Equal((items, truncated), await ReadAsync("{ kind: offset, parameter: start, sizeParameter: count, pageSize: 2 }", "{ list: true, path: data }", new { limit }));
        Assert.Equal(requests, _vendor.Requests.Count);
    }

    [Theory]
    [InlineData("{}", 0)]
    [InlineData("""{"data":null}""", 0)]
    [InlineData("", 0)]
    public async Task List_Absent_IsEmpty(string body, int items)
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, body);

        Assert.Equal((items, false), await ReadAsync("{ kind: none }", "{ list: true, path: data }"));
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("""{"data":{"a":1}}""")]
    [InlineData("[1]")]
    public async Task List_SomethingElse_IsABadResponse(string body)
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, body);
        using var sut = Sut("{ kind: none }", "{ list: true, path: data }");

        Assert.Equal("bad_response", (await sut.FailureAsync("things.list")).Code);
    }

    [Fact]
    public async Task List_PathThroughLists_IsFlattened()
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, """{"groups":[{"members":[{"n":1},{"n":2}]},{"members":[{"n":3}]}]}""");
        using var sut = Sut("{ kind: none }", """{ list: true, path: "groups.*.members.*", fields: { number: n } }""");

        Assert.Equal("""{"items":[{"number":1},{"number":2},{"number":3}],"truncated":false}""", (await sut.ResultAsync("things.list")).GetRawText());
    }

    [Fact]
    public async Task Pages_EachCountAgainstTheLimits()
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, $$"""{"data":{{Items(1, 2)}}}""");
        using var sut = Sut("{ kind: offset, parameter: start, sizeParameter: count, pageSize: 2 }", "{ list: true, path: data }", "limits: [ { window: 1h, max: 3 } ]\n");

        Assert.Equal("rate_limited", (await sut.FailureAsync("things.list")).Code);
        Assert.Equal(3, _vendor.Requests.Count);
    }

    private static string Items(int page, int count) => JsonSerializer.Serialize(Enumerable.Range(page * 100, count).Select(id => new { id }));

    private Piped Sut(string paging, string output, string more = "") => Piped.Of(Templates.Bearer + more + List + $"    output: {output}\n    pagination: {paging}\n", _vendor.Url);

    private async Task<(int Items, bool Truncated)> ReadAsync(string paging, string output, object? arguments = null)
    {
        using var sut = Sut(paging, output);
        var result = await sut.ResultAsync("things.list", arguments);
        return (result.GetProperty("items").GetArrayLength(), result.GetProperty("truncated").GetBoolean());
    }
}
