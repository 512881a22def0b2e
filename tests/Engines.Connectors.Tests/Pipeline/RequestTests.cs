using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Steward.Engines.Connectors.Tests.Pipeline;

public sealed class RequestTests : IAsyncLifetime
{
    private const string Thing = """{"thing":{"id":"7","tags":[{"name":"a"},{"name":"b"}],"owner":{"name":"Ada"}}}""";

    private FakeVendor _vendor = null!;
    private Piped _sut = null!;

    public async Task InitializeAsync()
    {
        _vendor = await FakeVendor.StartAsync();
        _vendor.Answer = (_, http) => FakeVendor.Json(http, Thing);
        _sut = Piped.Of(Templates.Things, _vendor.Url);
    }

    public async Task DisposeAsync()
    {
        _sut.Dispose();
        await _vendor.DisposeAsync();
    }

    [Fact]
    public async Task ExecuteAsync_InstanceOfARegion_CallsTheRegionsHost()
    {
        await using var europe = await FakeVendor.StartAsync();
        europe.Answer = (_, http) => FakeVendor.Json(http, Thing);
        var template = Piped.Read(Templates.Things);
        template = template with { Connection = template.Connection with { BaseUrl = _vendor.Url.ToString(), Regions = new Dictionary<string, string> { ["eu"] = europe.Url.ToString() } } };
        using var sut = new Piped(template, _vendor.Url);

        sut.Instance = sut.Instance with { BaseUrl = null, Region = "eu" };
        await sut.ResultAsync("things.get", new { id = "7" });
        sut.Instance = sut.Instance with { Region = null };
        await sut.ResultAsync("things.get", new { id = "7" });
        await sut.ResultAsync("things.get", new { id = "7" });

        Assert.Equal((1, 2), (europe.Requests.Count, _vendor.Requests.Count));
    }

    [Fact]
    public async Task ExecuteAsync_Read_ReadsFieldsAndSignsIn()
    {
        var result = await _sut.ResultAsync("things.get", new { id = "7" });

        Assert.Equal("""{"id":"7","tags":["a","b"],"owner":"Ada"}""", result.GetRawText());
        var request = Assert.Single(_vendor.Requests);
        Assert.Equal(("GET", "/v1/main/things/7", "", "Bearer " + Piped.Secret), (request.Method, request.Path, request.Query, request.Authorization));
    }

    [Fact]
    public async Task ExecuteAsync_ArgumentWithReservedCharacters_StaysOneSegmentAndOneParameter()
    {
        await _sut.ResultAsync("things.get", new { id = "a?b=c&d#e %2e", expand = new[] { "x&y", "z" }, name = "O'Brien" });

        var request = Assert.Single(_vendor.Requests);
        Assert.Equal("/v1/main/things/a%3Fb%3Dc%26d%23e%20%252e", request.Path);
        Assert.Equal("x&y,z", request.Parameter("expand"));
        Assert.Equal("name eq 'O''Brien'", request.Parameter("filter"));
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a\nb")]
    public async Task ExecuteAsync_ArgumentThatLeavesItsSegment_IsRefusedBeforeAnythingIsSent(string id)
    {
        var failure = await _sut.FailureAsync("things.get", new { id });

        Assert.Equal("invalid_argument", failure.Code);
        Assert.Empty(_vendor.Requests);
    }

    [Theory]
    [InlineData("trace", "a\r\nX-Evil: 1")]
    [InlineData("trace", "ä")]
    public async Task ExecuteAsync_ArgumentThatLeavesItsHeaderOrLiteral_IsRefused(string name, string value)
    {
        var failure = await _sut.FailureAsync("things.get", new Dictionary<string, string> { ["id"] = "7", [name] = value });

        Assert.Equal("invalid_argument", failure.Code);
        Assert.Empty(_vendor.Requests);
    }

    [Fact]
    public async Task ExecuteAsync_Write_KeepsTypesFillsDefaultsAndLeavesAbsentMembersOut()
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, """{"id":1,"name":"n"}""");

        var result = await _sut.ResultAsync("things.create", new { name = "n", labels = new[] { "x" }, note = (string?)null });

        Assert.Equal("""{"id":1,"name":"n"}""", result.GetRawText());
        var body = Assert.Single(_vendor.Requests).Json;
        Assert.Equal(["name", "count", "labels", "origin", "kind"], body.EnumerateObject().Select(member => member.Name));
        Assert.Equal((3, 1), (body.GetProperty("count").GetInt32(), body.GetProperty("labels").GetArrayLength()));
        Assert.Matches("^steward steward-[0-9a-f]{24}$", body.GetProperty("origin").GetString());
    }

    [Theory]
    [InlineData("""{"name":"n","more":1}""", "more")]
    [InlineData("""{"count":1}""", "arguments")]
    [InlineData("""{"name":7}""", "name")]
    [InlineData("""{"name":"a","name":"b"}""", "name")]
    [InlineData("""{"name":"\ud800"}""", "arguments")]
    [InlineData("[]", "arguments")]
    public async Task ExecuteAsync_ArgumentsThatDoNotFit_AreRefusedByField(string arguments, string field)
    {
        var failure = await _sut.FailureAsync("things.create", JsonDocument.Parse(arguments).RootElement);

        Assert.Equal(("invalid_argument", field), (failure.Code, failure.Field));
        Assert.Empty(_vendor.Requests);
    }

    [Fact]
    public async Task ExecuteAsync_FormBody_IsEscapedAndCarriesTheKey()
    {
        string? key = null;
        _vendor.Answer = (_, http) =>
        {
            key = http.Request.Headers["Idempotency-Key"];
            return FakeVendor.Json(http, "{}");
        };

        await _sut.ResultAsync("things.pay", new { amount = 5, who = "a&b=c" });

        Assert.Equal("amount=5&meta[who]=a%26b%3Dc", Assert.Single(_vendor.Requests).Body);
        Assert.Equal("a-1", key);
    }

    [Fact]
    public async Task ExecuteAsync_DryRun_AddsItsParameterAndNoKey()
    {
        StringValuesOf? seen = null;
        _vendor.Answer = (_, http) =>
        {
            seen = new StringValuesOf(http.Request.Query["validate"], http.Request.Headers["Idempotency-Key"]);
            return FakeVendor.Json(http, "{}");
        };

        Assert.IsType<ActionSucceeded>(await _sut.Chain.ExecuteAsync(_sut.Call("things.pay", new { amount = 5 }, dryRun: true), default));

        Assert.Equal(new StringValuesOf("true", null), seen);
    }

    [Fact]
    public async Task ExecuteAsync_DryRunOfAnOperationWithoutOne_IsRefused()
    {
        var outcome = await _sut.Chain.ExecuteAsync(_sut.Call("things.create", new { name = "n" }, dryRun: true), default);

        Assert.Equal("rejected", Assert.IsType<ActionFailed>(outcome).Code);
        Assert.Empty(_vendor.Requests);
    }

    [Fact]
    public async Task ExecuteAsync_PrivateAddressNotAllowed_IsNotReached()
    {
        using var sut = Piped.Of(Templates.Things, _vendor.Url, allowPrivate: false);
        sut.Instance = sut.Instance with { BaseUrl = $"https://127.0.0.1:{_vendor.Url.Port}" };

        var failure = await sut.FailureAsync("things.get", new { id = "7" });

        Assert.Equal("not_configured", failure.Code);
        Assert.Contains("AllowPrivateAddresses", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_vendor.Requests);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest")]
    [InlineData("ftp://files.example")]
    [InlineData("https://user:pass@sut.example")]
    [InlineData("https://sut.example?x=1")]
    [InlineData("nonsense")]
    public async Task ExecuteAsync_AddressThatMayNotBeUsed_IsRefused(string address)
    {
        _sut.Instance = _sut.Instance with { BaseUrl = address };

        Assert.Equal("not_configured", (await _sut.FailureAsync("things.get", new { id = "7" })).Code);
    }

    [Fact]
    public async Task ExecuteAsync_OperationThatIsNotSwitchedOn_IsForbidden()
    {
        _sut.Instance = _sut.Instance with { Operations = null };

        Assert.Equal("forbidden", (await _sut.FailureAsync("things.create", new { name = "n" })).Code);
        Assert.IsType<ActionSucceeded>(await _sut.ExecuteAsync("things.get", new { id = "7" }));
    }

    [Fact]
    public async Task ExecuteAsync_CallerWithoutTheRole_IsForbidden()
    {
        _sut.Instance = _sut.Instance with { Access = new Dictionary<string, IReadOnlyList<string>> { ["*"] = ["admin"] } };
        var call = _sut.Call("things.search", new { }, caller: new ConnectorCaller("u-eve", null, ["employee"]));

        Assert.Equal("forbidden", Assert.IsType<ActionFailed>(await _sut.Chain.ExecuteAsync(call, default)).Code);
    }

    [Fact]
    public async Task ExecuteAsync_EveryCall_LeavesARedactedAuditEntry()
    {
        _vendor.Answer = (_, http) =>
        {
            http.Response.Headers["X-Sut-Id"] = "req-9";
            return FakeVendor.Json(http, """{"id":1}""");
        };
        var call = _sut.Call("things.create", new { name = "n", text = "private words" }, caller: new ConnectorCaller("u-ada", null, []));

        var outcome = await _sut.Chain.ExecuteAsync(call, default);

        var entry = Assert.Single(_sut.Audit);
        Assert.Equal("req-9", outcome.VendorRequestId);
        Assert.Equal(("things.create", "u-ada", "succeeded", 200, "req-9", 1, 1), (entry.Operation, entry.UserId, entry.Outcome, entry.Status, entry.VendorRequestId, entry.Attempts, entry.Cost));
        Assert.DoesNotContain("private words", entry.Arguments, StringComparison.Ordinal);
        Assert.Equal("n", JsonDocument.Parse(entry.Arguments).RootElement.GetProperty("name").GetString());
    }

    [Fact]
    public async Task ExecuteAsync_MappedFields_AreMovedOutAndIn()
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, """{"id":1,"name":"n"}""");
        _sut.Instance = _sut.Instance with
        {
            Mappings = new Dictionary<string, IReadOnlyList<Instances.FieldMapping>>
            {
                ["things.create"] =
                [
                    new() { Direction = Instances.MappingDirection.Out, From = "title", To = "name" },
                    new() { Direction = Instances.MappingDirection.In, From = "id", To = "key.number" },
                ],
            },
        };

        var result = await _sut.ResultAsync("things.create", new { title = "n" });

        Assert.Equal("""{"name":"n","key":{"number":1}}""", result.GetRawText());
        Assert.Equal("n", Assert.Single(_vendor.Requests).Json.GetProperty("name").GetString());
    }

    private sealed record StringValuesOf(string? Validate, string? Key);
}
