using System.Globalization;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Connectors.Tests.Pipeline;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Tests.Limits;

/// <summary>What the headers of real products say is taken for the limit of which they speak.</summary>
public sealed class VendorLimitTests
{
    private readonly ManualTime _time = new();

    [Theory]
    [InlineData(50, 0, false)] // The day's calls are used up, though there is room in these ten seconds.
    [InlineData(0, 200_000, false)]
    [InlineData(50, 200_000, true)]
    public async Task HubSpot_BothPairsOfHeaders_Count(int inTenSeconds, int today, bool isLetThrough)
    {
        await using var vendor = await VendorAsync(("X-HubSpot-RateLimit-Max", 100), ("X-HubSpot-RateLimit-Remaining", inTenSeconds), ("X-HubSpot-RateLimit-Daily", 250_000), ("X-HubSpot-RateLimit-Daily-Remaining", today));
        using var sut = Product("hubspot", vendor.Url);
        Assert.IsType<ActionSucceeded>(await sut.ExecuteAsync("owners.find"));

        var next = await sut.ExecuteAsync("owners.find");

        Assert.Equal(isLetThrough ? 2 : 1, vendor.Requests.Count);
        Assert.Equal(isLetThrough ? null : "rate_limited", (next as ActionFailed)?.Code);
    }

    [Theory]
    [InlineData("okta", "groups.members", """{"groupId":"00g1emaKYZTWRYYRRTSK"}""", "apps.user", """{"appId":"0oa1gjh63g214q0Hq0g4","userId":"00u1ada2cdef3ghij4kl"}""", "X-Rate-Limit")]
    [InlineData("datadog", "users.find", """{"text":"ada"}""", "users.me", "{}", "X-RateLimit")]
    public async Task Endpoint_WithoutRuleOfItsOwn_HasTheLimitThatItsHeadersName(string id, string used, string usedWith, string other, string otherWith, string prefix)
    {
        await using var vendor = await VendorAsync((prefix + "-Limit", 5), (prefix + "-Remaining", 0), (prefix + "-Reset", id == "okta" ? TimeProvider.System.GetUtcNow().AddSeconds(50).ToUnixTimeSeconds() : 50));
        using var sut = Product(id, vendor.Url);
        var first = await sut.ExecuteAsync(used, System.Text.Json.JsonElement.Parse(usedWith));
        Assert.True(vendor.Requests.Count == 1, $"{first}");

        var again = Assert.IsType<ActionFailed>(await sut.ExecuteAsync(used, System.Text.Json.JsonElement.Parse(usedWith)));
        Assert.Equal(("rate_limited", 1), (again.Code, vendor.Requests.Count));
        await sut.ExecuteAsync(other, System.Text.Json.JsonElement.Parse(otherWith));
        Assert.Equal(2, vendor.Requests.Count);
    }

    [Fact]
    public void Leave_NumbersOfFurtherLimits_AreTakenForThoseAlone()
    {
        var state = State();
        state.Leave(Ended(Ask(state).Id) with { Remaining = 50, ResetAfter = TimeSpan.FromSeconds(10), FurtherLimits = [new LimitNumbers(1, 1000, 2, TimeSpan.FromHours(1))] });

        Assert.Equal([true, true, false], Enumerable.Range(0, 3).Select(_ => Ask(state).IsGranted));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(Ask(state).IsGranted);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.True(Ask(state).IsGranted);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)] // Has no headers.
    [InlineData(3)] // Of another operation.
    [InlineData(99)]
    public void Leave_NumbersOfALimitThatTheAnswerCannotTell_AreLeftAlone(int at)
    {
        var state = State();
        state.Leave(Ended(Ask(state).Id) with { FurtherLimits = [new LimitNumbers(at, 1, 0, TimeSpan.FromHours(1))] });

        Assert.Equal(20, Enumerable.Range(0, 20).Count(_ => Ask(state).IsGranted));
    }

    [Fact]
    public void Leave_OperationWithHeadersOfItsOwn_TheGeneralNumbersAreThoseOfTheGeneralLimit()
    {
        var state = new InstanceState(
            TestTemplate.Of() with
            {
                Limits =
                [
                    new LimitSpec { Window = TimeSpan.FromSeconds(10), Max = 100, Headers = new LimitHeaders { Remaining = "R" } },
                    new LimitSpec { Operations = ["things.get"], Window = TimeSpan.FromDays(1), Max = 1000, Headers = new LimitHeaders { Remaining = "F" } },
                ],
            },
            _time,
            new Random(1));
        state.Leave(Ended(Ask(state).Id) with { Remaining = 0, ResetAfter = TimeSpan.FromSeconds(10), FurtherLimits = [new LimitNumbers(1, 1000, 500, TimeSpan.FromHours(1))] });

        var other = new CallIntent("things.find", 1, null, null, IsRetry: false);
        Assert.False(state.Enter(other).IsGranted);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(state.Enter(other).IsGranted);
        Assert.True(Ask(state).IsGranted);
    }

    private static Piped Product(string id, Uri url)
    {
        var template = TemplateCatalog.Find(id)!.Template;
        var values = template.Auth[0].Fields.Select(field => field.Name).Append("token").Append("access_token").Distinct().ToDictionary(name => name, _ => new SecretText("s3cret"));
        var sut = new Piped(template, url, credentials: new FixedCredential(new Credential(1, values)));
        sut.Instance = sut.Instance with { Fields = template.Connection.Fields.Where(field => field.Example is not null).ToDictionary(field => field.Name, field => field.Example!) };
        return sut;
    }

    private InstanceState State() => new(
        TestTemplate.Of() with
        {
            Limits =
            [
                new LimitSpec { Window = TimeSpan.FromSeconds(10), Max = 100, Headers = new LimitHeaders { Remaining = "R" } },
                new LimitSpec { Window = TimeSpan.FromDays(1), Max = 1000, Headers = new LimitHeaders { Limit = "DL", Remaining = "DR" } },
                new LimitSpec { Window = TimeSpan.FromDays(1), Max = 1000 },
                new LimitSpec { Scope = LimitScope.Operation, Operations = ["things.find"], Window = TimeSpan.FromDays(1), Max = 1000, Headers = new LimitHeaders { Remaining = "F" } },
            ],
        },
        _time,
        new Random(1));

    private static async Task<FakeVendor> VendorAsync(params (string Name, long Value)[] headers)
    {
        var vendor = await FakeVendor.StartAsync();
        vendor.Answer = (_, http) =>
        {
            foreach (var (name, value) in headers)
            {
                http.Response.Headers[name] = value.ToString(CultureInfo.InvariantCulture);
            }

            return FakeVendor.Json(http, "{}");
        };
        return vendor;
    }

    private static CallPermit Ask(InstanceState state) => state.Enter(new CallIntent("things.get", 1, null, null, IsRetry: false));

    private static CallReport Ended(long permitId) =>
        new() { PermitId = permitId, OperationId = "things.get", Outcome = "succeeded", IsFailure = false, Status = 200, Duration = TimeSpan.FromMilliseconds(20) };
}
