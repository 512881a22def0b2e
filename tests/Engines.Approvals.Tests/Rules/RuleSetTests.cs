using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.People;
using Steward.Engines.Approvals.Rules;
using Steward.Engines.Approvals.Rules.Conditions;

namespace Steward.Engines.Approvals.Tests.Rules;

public sealed class RuleSetTests
{
    private const string Rules = """
        version: 1
        fields:
          level: { from: arguments.level, type: text }
        chains:
          vice president: { levels: [{ name: Vice president, approvers: [manager of manager of requester] }] }
          manager: { levels: [{ name: Manager, approvers: [manager of requester] }] }
        default: manager
        rules:
          - name: okta
            priority: 50
            when: request_type = 'okta'
            then: manager
          - name: production databases
            priority: 10
            when: request_type = 'db_access' and level = 'production'
            then: vice president
          - name: dear
            when: amount > 1000
            unknown: match
            then: vice president
        """;

    [Fact]
    public async Task Decide_RuleMatches_NamesChainAndReason()
    {
        var verdict = await DecideAsync(RuleSetReader.Read(Rules, "rules.yaml", 7), Examples.Request("""{"level":"production"}"""));

        Assert.Equal((7, "production databases"), (verdict.Version, verdict.Rule));
        Assert.Equal(new ApproverSpec(ApproverKind.ManagerOf, "requester", 2), verdict.Chain.Levels.Single().Approvers.Single());
        Assert.Equal("Rule 1 'production databases' matched because request_type is 'db_access' and level is 'production'.", verdict.Explanation);
    }

    [Fact]
    public async Task Decide_LaterRuleMatches_SaysWhyEarlierOnesDidNot()
    {
        var verdict = await DecideAsync(RuleSetReader.Read(Rules, "rules.yaml"), Examples.Request() with { Type = "okta" });

        Assert.Equal("Rule 2 'okta' matched because request_type is 'okta'. Not rule 1 'production databases': request_type is 'okta', not 'db_access'.", verdict.Explanation);
    }

    [Fact]
    public async Task Decide_NothingMatches_TakesTheDefault()
    {
        var verdict = await DecideAsync(RuleSetReader.Read(Rules, "rules.yaml"), Examples.Request("""{"level":"test"}""") with { PolicyApprovers = ["role:helpdesk"] });

        Assert.Null(verdict.Rule);
        Assert.Equal("Manager (manager of requester)", ChainText.Of(verdict.Chain));
        Assert.StartsWith("No rule matched: the default chain.", verdict.Explanation, StringComparison.Ordinal);
        Assert.Equal([Truth.False, Truth.False, Truth.False], verdict.Tried.Select(trial => trial.Truth));
    }

    [Fact]
    public async Task Decide_UnknownAndUnknownMatches_Matches()
    {
        var verdict = await DecideAsync(RuleSetReader.Read(Rules, "rules.yaml"), Examples.Request("""{"level":"test"}""") with { Amount = null });

        Assert.Equal("dear", verdict.Rule);
        Assert.StartsWith("Rule 3 'dear' matched since it also does when it cannot be told: amount is unknown.", verdict.Explanation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new[] { "role:helpdesk", "email:Jo@acme.example", "nonsense" }, "Approval (any of role:helpdesk, email:jo@acme.example)")]
    [InlineData(new[] { "nonsense", "", "role:" }, "Approval (role:admin)")]
    [InlineData(new string[0], "Approval (role:admin)")]
    public async Task Decide_NoDefault_AsksThePolicysApproversElseTheAdmins(string[] policy, string chain)
    {
        var request = Examples.Request() with { PolicyApprovers = policy };

        Assert.Equal(chain, ChainText.Of((await DecideAsync(RuleSet.None, request)).Chain));
        Assert.Equal(chain, ChainText.Of((await DecideAsync(RuleSetReader.Read("version: 1\nrules: [{ name: a, when: 'false', then: b }]\nchains: { b: { levels: [{ name: x, approvers: [role:a] }] } }", "r"), request)).Chain));
    }

    [Fact]
    public async Task Decide_Unreadable_AsksTheAdmins()
    {
        var verdict = await DecideAsync(RuleSet.Unreadable(4), Examples.Request() with { PolicyApprovers = ["role:anybody"] });

        Assert.Equal((4, "Approval (role:admin)"), (verdict.Version, ChainText.Of(verdict.Chain)));
        Assert.Equal("The tenant's rules cannot be read by this server: the tenant's admins.", verdict.Explanation);
    }

    [Fact]
    public async Task Decide_DirectoryDown_SkipsNoRule()
    {
        var rules = RuleSetReader.Read("version: 1\nrules:\n  - { name: a, when: requester.department = 'Sales', then: { levels: [{ name: x, approvers: [role:a] }] } }", "r");

        await Assert.ThrowsAsync<DirectoryUnavailableException>(() => DecideAsync(rules, Examples.Request(), new SmallDirectory { IsDown = true }));
    }

    [Fact]
    public async Task Decide_ManyRules_ExplanationIsBounded()
    {
        var many = string.Join("\n", Enumerable.Range(0, 300).Select(i => $"  - {{ name: '{new string('r', 70)} {i}', when: \"{string.Join(" or ", Enumerable.Repeat("action = 'aaaaaaaaaaaa'", 20))}\", then: c }}"));
        var verdict = await DecideAsync(RuleSetReader.Read($"version: 1\nchains: {{ c: {{ levels: [{{ name: x, approvers: [role:a] }}] }} }}\nrules:\n{many}", "r"), Examples.Request());

        Assert.InRange(verdict.Explanation.Length, 50, RuleExplanation.MaxLength);
        Assert.Equal(300, verdict.Tried.Count);
    }

    /// <summary>Of those that match, the first by priority and then by place counts, whatever the file's order.</summary>
    [Fact]
    public void Decide_AnyPriorities_TakesTheFirstThatMatches()
    {
        var rule = Gen.Choose(0, 3).SelectMany(priority => Gen.Elements(true, false).Select(matches => (priority, matches)));
        Prop.ForAll(rule.ListOf().ToArbitrary(), given =>
        {
            var text = "version: 1\nchains: { c: { levels: [{ name: x, approvers: [role:a] }] } }\ndefault: c\nrules:"
                + (given.Count == 0 ? " []" : string.Concat(given.Select((one, i) => $"\n  - {{ name: r{i}, priority: {one.priority}, when: '{(one.matches ? "true" : "false")}', then: c }}")));
            var expected = given.Select((one, i) => (one, i)).Where(pair => pair.one.matches).OrderBy(pair => pair.one.priority).ThenBy(pair => pair.i).Select(pair => $"r{pair.i}").FirstOrDefault();
            var decided = DecideAsync(RuleSetReader.Read(text, "r"), Examples.Request());
            Assert.True(decided.IsCompletedSuccessfully);
            return decided.GetAwaiter().GetResult().Rule == expected;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));
    }

    [Fact]
    public async Task Decide_Freeze_NamesItsLatestEnd()
    {
        var rules = RuleSetReader.Read(
            """
            version: 1
            timeZone: Europe/Berlin
            freezes:
              - { name: Short, from: 03-04, until: 03-04, text: Today. }
              - { name: Long, from: 2026-03-01T00:00, until: 2026-03-10T12:00, environments: [Production], text: No changes. }
              - { name: Other type, from: 2026-03-01T00:00, until: 2026-04-01T00:00, types: [okta], text: Okta. }
              - { name: Other risk, from: 2026-03-01T00:00, until: 2026-04-01T00:00, when: risk = 'low', text: Low. }
            default: { levels: [{ name: x, approvers: [role:a] }] }
            """,
            "r");

        Assert.Equal(new FreezeNotice("Long", DateTimeOffset.Parse("2026-03-10T12:00:00+01:00", System.Globalization.CultureInfo.InvariantCulture), "No changes."), (await DecideAsync(rules, Examples.Request())).Freeze);
        Assert.Equal("Short", (await DecideAsync(rules, Examples.Request() with { Environment = "test" })).Freeze!.Calendar);
        Assert.Null((await rules.DecideAsync(Examples.Request(), new SmallDirectory(), Examples.At.AddDays(40), CancellationToken.None)).Freeze);
    }

    [Fact]
    public async Task Decide_AmountAndEnvironmentOfTheArguments_CountInsteadOfWhatWhoeverAskedSays()
    {
        var rules = RuleSetReader.Read(
            """
            version: 1
            fields:
              amount: { from: [arguments.amount, arguments.order.total], type: number }
              currency: { from: arguments.order.currency, type: text }
              environment: { from: arguments.target.stage, type: text }
            freezes:
              - { name: Long, from: 2026-03-01T00:00, until: 2026-03-10T12:00, environments: [production], text: No changes. }
            rules:
              - name: dear
                when: amount > 1000 and currency = 'EUR' and environment = 'production'
                then: { levels: [{ name: Boss, approvers: [role:boss] }] }
            """,
            "r");
        var request = Examples.Request("""{"order":{"total":"1500","currency":"eur"},"target":{"stage":"Production"}}""");

        var told = await DecideAsync(rules, request with { Amount = 1, Currency = "USD", Environment = "test" });
        var untold = await DecideAsync(rules, Examples.Request("{}") with { Amount = 5000, Currency = "EUR", Environment = "production" });

        Assert.Equal(("dear", "Long"), (told.Rule, told.Freeze?.Calendar));
        Assert.Equal((null, null), (untold.Rule, untold.Freeze?.Calendar));
    }

    [Fact]
    public async Task Replay_ChangedRules_SaysWhatDiffers()
    {
        var before = RuleSetReader.Read(Rules, "r");
        var after = RuleSetReader.Read(Rules.Replace("amount > 1000", "amount > 100", StringComparison.Ordinal), "r");
        var requests = new[]
        {
            Examples.Request("""{"level":"production"}"""),
            Examples.Request() with { ApprovalId = "a-2", Type = "jira", Amount = 500 },
            Examples.Request() with { ApprovalId = "a-3", Type = "jira", Amount = 50 },
        };

        var result = await RuleReplay.RunAsync(before, after, requests.ToAsyncEnumerable(), new SmallDirectory(), CancellationToken.None);

        Assert.Equal((3, 1), (result.Tried, result.Different));
        var difference = Assert.Single(result.Differences);
        Assert.Equal(("a-2", null, "dear"), (difference.Request.ApprovalId, difference.Before.Rule, difference.After.Rule));
        Assert.Equal(new Dictionary<string, int> { ["production databases"] = 1, ["dear"] = 1, [""] = 1 }, result.Matches);
    }

    [Theory]
    [InlineData("name: Manager", "name: Boss", true)]
    [InlineData("quorum: any", "quorum: all", true)]
    [InlineData("remindAfter: [4h]", "remindAfter: [5h]", true)]
    [InlineData("expires: 3d", "expires: 4d", true)]
    [InlineData("project: A", "project: B", true)]
    [InlineData("expires: 3d", "expires: 72h", false)]
    public async Task Replay_SameRuleOtherChain_DiffersOnlyInWhatMatters(string what, string instead, bool differs)
    {
        const string Text = """
            version: 1
            default:
              expires: 3d
              levels:
                - { name: Manager, approvers: [manager of requester], quorum: any, sla: { remindAfter: [4h] } }
              mirror: { instance: jira-main, kind: jira_transition, settings: { project: A } }
            """;

        var result = await RuleReplay.RunAsync(RuleSetReader.Read(Text, "r"), RuleSetReader.Read(Text.Replace(what, instead, StringComparison.Ordinal), "r"), new[] { Examples.Request() }.ToAsyncEnumerable(), new SmallDirectory(), CancellationToken.None);

        Assert.Equal(differs ? 1 : 0, result.Different);
    }

    private static Task<RuleVerdict> DecideAsync(RuleSet rules, ApprovalRequest request, IDirectory? directory = null) =>
        rules.DecideAsync(request, directory ?? new SmallDirectory(), Examples.At, CancellationToken.None).AsTask();
}
