using Steward.Engines.Approvals.People;
using Steward.Engines.Approvals.Rules.Conditions;

namespace Steward.Engines.Approvals.Tests.Rules;

public sealed class ConditionTests
{
    private const string Arguments = """
        {"level":" Production ","seats":"12","count":5,"duration":"45d","starts":"2026-12-24T10:00:00Z","until":"18:30","tags":["pii","EU"],"mixed":["a",1],"nothing":null,
         "user":{"email":"ADA@acme.example"},"items":[{"name":"prod-eu-db1"}],"cost center":"4711","huge":1e400,"flag":true,"half":"\ud800","object":{}}
        """;

    [Theory]
    [InlineData("request_type = 'db_access'", Truth.True)]
    [InlineData("request_type = \"DB_ACCESS\"", Truth.True)]
    [InlineData("request_type != 'db_access'", Truth.False)]
    [InlineData("request_type = 'db_access' and level = 'production'", Truth.True)]
    [InlineData("request_type in ['okta', 'db_access']", Truth.True)]
    [InlineData("request_type not in ('okta', 'jira')", Truth.True)]
    [InlineData("risk >= 'high'", Truth.True)]
    [InlineData("risk > 'high'", Truth.False)]
    [InlineData("risk in ['low', 'HIGH']", Truth.True)]
    [InlineData("amount > 250", Truth.True)]
    [InlineData("amount <= 250.5 and currency = 'eur'", Truth.True)]
    [InlineData("amount in [1, 250.5]", Truth.True)]
    [InlineData("in_run = false", Truth.True)]
    [InlineData("requester.roles contains 'developer'", Truth.True)]
    [InlineData("requester.roles contains all ['developer', 'employee']", Truth.True)]
    [InlineData("requester.roles contains all ['developer', 'admin']", Truth.False)]
    [InlineData("requester.roles not contains any ['admin', 'auditor']", Truth.True)]
    [InlineData("requester.department = 'Sales'", Truth.True)]
    [InlineData("requester.title ends with 'executive'", Truth.True)]
    [InlineData("requester.groups contains 'vpn users'", Truth.True)]
    [InlineData("requester.manager = 'jo@acme.example'", Truth.True)]
    [InlineData("seats > 10", Truth.True)]
    [InlineData("arguments.seats > 10", Truth.Unknown)]
    [InlineData("arguments.seats = '12'", Truth.True)]
    [InlineData("arguments.count = 5", Truth.True)]
    [InlineData("arguments.count = '5'", Truth.Unknown)]
    [InlineData("arguments.flag = true", Truth.True)]
    [InlineData("arguments.huge > 1000000", Truth.True)]
    [InlineData("duration > 30d", Truth.True)]
    [InlineData("duration > 2000h", Truth.False)]
    [InlineData("begins = 2026-12-24", Truth.True)]
    [InlineData("begins < 2026-12-24", Truth.False)]
    [InlineData("until >= 18:30", Truth.True)]
    [InlineData("arguments.until > 18:00", Truth.True)]
    [InlineData("arguments.starts > 2026-01-01", Truth.True)]
    [InlineData("tags contains 'eu'", Truth.True)]
    [InlineData("arguments.tags contains 'eu'", Truth.True)]
    [InlineData("arguments.mixed contains 'a'", Truth.Unknown)]
    [InlineData("arguments.user.email = requester.email", Truth.True)]
    [InlineData("arguments.user.email != requester.manager", Truth.True)]
    [InlineData("arguments.items[0].name matches 'prod-*-db?'", Truth.True)]
    [InlineData("arguments.items[0].name not matches 'prod-*-db'", Truth.True)]
    [InlineData("arguments.items[1].name matches '*'", Truth.Unknown)]
    [InlineData("arguments['cost center'] starts with '47'", Truth.True)]
    [InlineData("arguments.object is known", Truth.True)]
    [InlineData("arguments.object = 'x'", Truth.Unknown)]
    [InlineData("arguments.nothing is unknown", Truth.True)]
    [InlineData("arguments.half = 'x'", Truth.Unknown)]
    [InlineData("attributes.level is unknown", Truth.True)]
    [InlineData("urgent = true", Truth.Unknown)]
    [InlineData("not urgent = true", Truth.Unknown)]
    [InlineData("urgent is unknown or urgent = true", Truth.True)]
    [InlineData("time.hour = 10", Truth.True)]
    [InlineData("time.weekday = 'wednesday'", Truth.True)]
    [InlineData("time.weekday >= 'saturday'", Truth.False)]
    [InlineData("time.of_day >= 10:15 and time.date = 2026-03-04", Truth.True)]
    [InlineData("time in calendar 'Berlin office'", Truth.True)]
    [InlineData("time not in calendar 'Berlin office'", Truth.False)]
    [InlineData("TRUE AND NOT false", Truth.True)]
    [InlineData("false or (true and not not true)", Truth.True)]
    public async Task Evaluate_Examples_HoldOrNot(string condition, Truth expected) =>
        Assert.Equal(expected, (await Examples.EvaluateAsync(condition, Examples.Request(Arguments))).Truth);

    /// <summary>The table in the documentation.</summary>
    [Theory]
    [InlineData("level = 'production'", Truth.True, Truth.False, Truth.Unknown)]
    [InlineData("level != 'production'", Truth.False, Truth.True, Truth.Unknown)]
    [InlineData("not level = 'production'", Truth.False, Truth.True, Truth.Unknown)]
    [InlineData("level not in ['production']", Truth.False, Truth.True, Truth.Unknown)]
    [InlineData("level not contains 'prod'", Truth.False, Truth.True, Truth.Unknown)]
    [InlineData("level not matches 'p*'", Truth.False, Truth.True, Truth.Unknown)]
    [InlineData("level is unknown", Truth.False, Truth.False, Truth.True)]
    [InlineData("level is known", Truth.True, Truth.True, Truth.False)]
    public async Task Evaluate_ValueThereOrMissing_IsAsInTheTable(string condition, Truth production, Truth test, Truth missing)
    {
        Assert.Equal(production, (await Examples.EvaluateAsync(condition, Examples.Request("""{"level":"production"}"""))).Truth);
        Assert.Equal(test, (await Examples.EvaluateAsync(condition, Examples.Request("""{"level":"test"}"""))).Truth);
        Assert.Equal(missing, (await Examples.EvaluateAsync(condition, Examples.Request())).Truth);
    }

    [Theory]
    [InlineData("""{"level":null}""")]
    [InlineData("""{"level":7}""")]
    [InlineData("""{"level":["production"]}""")]
    [InlineData("""{"level":{"a":1}}""")]
    [InlineData("[]")]
    [InlineData("\"level\"")]
    public async Task Evaluate_ValueOfAnotherKind_IsUnknown(string arguments) =>
        Assert.Equal(Truth.Unknown, (await Examples.EvaluateAsync("level != 'production'", Examples.Request(arguments))).Truth);

    [Fact]
    public async Task Evaluate_TextOverTheLimit_IsUnknownAndQuick()
    {
        var request = Examples.Request($$"""{"level":"{{new string('a', 60_000)}}"}""");

        Assert.Equal(Truth.Unknown, (await Examples.EvaluateAsync($"level matches '{string.Concat(Enumerable.Repeat("*a", 100))}b'", request)).Truth);
    }

    [Fact]
    public async Task Evaluate_SeveralSources_TakesTheFirstOfTheKind() =>
        Assert.Equal(Truth.True, (await Examples.EvaluateAsync("level = 'staging'", Examples.Request("""{"level":5}""", """{"level":"staging"}"""))).Truth);

    [Theory]
    [InlineData("request_type = 'jira' and requester.department = 'Sales'", 0)]
    [InlineData("request_type = 'db_access' or requester.department = 'Sales'", 0)]
    [InlineData("requester.department = 'Sales' and requester.title = 'x'", 1)]
    [InlineData("requester.groups contains 'a' or requester.groups contains 'b'", 2)]
    public async Task Evaluate_Directory_IsAskedOnlyForWhatDecides(string condition, int times)
    {
        var directory = new SmallDirectory();

        await Examples.EvaluateAsync(condition, Examples.Request(), directory);

        Assert.Equal(times, directory.Asked);
    }

    [Fact]
    public async Task Evaluate_DirectoryDown_GoesThrough() =>
        await Assert.ThrowsAsync<DirectoryUnavailableException>(() => Examples.EvaluateAsync("requester.department = 'Sales'", Examples.Request(), new SmallDirectory { IsDown = true }));

    [Fact]
    public async Task Evaluate_UnknownPerson_IsUnknownNotEmpty()
    {
        var request = Examples.Request() with { Requester = new Requester { UserId = "u-x", Email = "x@acme.example" } };

        Assert.Equal(Truth.Unknown, (await Examples.EvaluateAsync("requester.groups not contains 'Contractors'", request)).Truth);
        Assert.Equal(Truth.Unknown, (await Examples.EvaluateAsync("requester.department != 'Sales'", request with { Requester = new Requester { UserId = "u-x" } })).Truth);
    }

    [Theory]
    [InlineData("request_type = 'db_access' and level = 'production'", "request_type is 'db_access' and level is 'production'")]
    [InlineData("request_type = 'okta' or amount > 1000", "request_type is 'db_access', not 'okta' and amount is 250.5, not more than 1000")]
    [InlineData("not amount > 1000", "amount is 250.5, not more than 1000")]
    [InlineData("level = 'test'", "level is not 'test'")]
    [InlineData("environment = 'test'", "environment is not 'test'")]
    [InlineData("level in ['a', 'b']", "level is none of those named")]
    [InlineData("arguments.count < 3", "arguments.count is unknown")]
    [InlineData("requester.groups contains any ['X', 'VPN users']", "requester.groups contains 'VPN users'")]
    [InlineData("time in calendar 'Berlin office'", "the time is in the hours of 'Berlin office'")]
    [InlineData("risk < 'medium'", "risk is 'high', not less than 'medium'")]
    public async Task Evaluate_Reason_SaysWhatWasSeen(string condition, string reason) =>
        Assert.Equal(reason, (await Examples.EvaluateAsync(condition, Examples.Request("""{"level":"production"}"""))).Reason);

    [Fact]
    public async Task Evaluate_Reason_QuotesNothingThatTheRequesterWrote()
    {
        const string Secret = "ghp_0123456789abcdef Approve this at once!";
        var request = Examples.Request($$$"""{"level":"{{{Secret}}}","x":"{{{Secret}}}","tags":["{{{Secret}}}"]}""", $$"""{"y":"{{Secret}}"}""") with { Environment = Secret, Currency = Secret };
        foreach (var condition in new[]
        {
            "level = 'a'", "level != 'a'", "level in ['a']", "level not in ['a']", "arguments.x starts with 'a'", "arguments.x matches 'a'", "arguments.x contains 'a'", "attributes.y = 'a'", "attributes.y = requester.email",
            "requester.email = attributes.y", "requester.email != arguments.x", "arguments.x = attributes.y", "tags contains 'a'", "tags contains all ['a']", "environment != 'a'", "currency in ['EUR']", "level is known", "arguments.x > 5",
        })
        {
            Assert.DoesNotContain("ghp_", (await Examples.EvaluateAsync(condition, request)).Reason, StringComparison.Ordinal);
        }
    }
}
