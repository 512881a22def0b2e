using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.Learning;
using Steward.Engines.Approvals.Rules;

namespace Steward.Engines.Approvals.Tests.Rules;

public sealed class SuggestedTypeTests
{
    private const string Rules = """
        version: 1
        default: { levels: [{ name: Manager, approvers: [manager of requester] }] }
        freezes:
          - { name: Databases, from: 2026-03-01T00:00, until: 2026-04-01T00:00, types: [db_access], text: Frozen. }
        rules:
          - { name: databases, when: request_type = 'db_access', then: { levels: [{ name: Manager, approvers: [manager of requester] }, { name: Owners, approvers: ['group:DBA'] }] } }
          - { name: small, when: request_type = 'small', then: { levels: [{ name: Anybody, approvers: ['role:employee'], sla: { endsAfter: 1h, end: approve } }] } }
          - { name: same, when: request_type = 'same', then: { levels: [{ name: Manager, approvers: [manager of requester] }] } }
        """;

    private static readonly ApprovalRequest Asked = Examples.Request() with { Type = "other", Risk = RiskLevel.Low };

    [Fact]
    public async Task Decide_SuggestedChainAsksForMore_IsTakenAndSaysSo()
    {
        var verdict = await DecideAsync("db_access");

        Assert.Equal("databases", verdict.Rule);
        Assert.Equal(["Manager", "Owners"], verdict.Chain.Levels.Select(level => level.Name));
        Assert.Equal("Databases", verdict.Freeze!.Calendar);
        Assert.StartsWith("Nobody said the type; 'db_access' is suggested by the words of 60 past requests (96 % sure): its chain asks for no less, and is taken. Rule 1 'databases' matched", verdict.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Decide_SuggestedChainAsksOthers_ChangesNothing()
    {
        var verdict = await DecideAsync("small");

        Assert.Null(verdict.Rule);
        Assert.Equal("Manager (manager of requester)", ChainText.Of(verdict.Chain));
        Assert.Contains("changes nothing. No rule matched: the default chain.", verdict.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Decide_SuggestedChainIsTheSame_SaysSo() =>
        Assert.Contains("its chain is the same. No rule matched: the default chain.", (await DecideAsync("same")).Explanation, StringComparison.Ordinal);

    [Fact]
    public async Task Decide_NoSuggestion_IsAsWithout()
    {
        var rules = RuleSetReader.Read(Rules, "rules.yaml");

        Assert.Equal(
            (await rules.DecideAsync(Asked, new SmallDirectory(), Examples.At, CancellationToken.None)).Explanation,
            (await rules.DecideAsync(Asked, null, new SmallDirectory(), Examples.At, CancellationToken.None)).Explanation);
    }

    [Fact]
    public async Task Decide_ManyRules_ExplanationStaysShort()
    {
        var rules = string.Concat(Enumerable.Range(0, 40).Select(number => $"\n  - {{ name: rule {number} {new string('x', 60)}, when: request_type = 'no{number}', then: {{ levels: [{{ name: A, approvers: [manager of requester] }}] }} }}"));

        var verdict = await RuleSetReader.Read($"version: 1\ndefault: {{ levels: [{{ name: A, approvers: [manager of requester] }}] }}\nrules:{rules}", "rules.yaml")
            .DecideAsync(Asked, new TypeSuggestion("no7", 0.95, 60), new SmallDirectory(), Examples.At, CancellationToken.None);

        Assert.True(verdict.Explanation.Length <= RuleExplanation.MaxLength, $"{verdict.Explanation.Length}");
    }

    [Fact]
    public async Task Decide_WhateverIsSuggested_AsksForNoLessThanWithout()
    {
        // Words are the requester's: none of them, and no type that they could lead to, may do without an approval.
        var rules = RuleSetReader.Read(Rules, "rules.yaml");
        var plain = await rules.DecideAsync(Asked, new SmallDirectory(), Examples.At, CancellationToken.None);
        foreach (var type in new[] { "db_access", "small", "same", "none", "approve-without-asking" })
        {
            var verdict = await rules.DecideAsync(Asked, new TypeSuggestion(type, 1, 1000), new SmallDirectory(), Examples.At, CancellationToken.None);

            Assert.True(ChainStrictness.IsAtLeast(verdict.Chain, plain.Chain), type);
        }
    }

    private static async Task<RuleVerdict> DecideAsync(string suggested) =>
        await RuleSetReader.Read(Rules, "rules.yaml").DecideAsync(Asked, new TypeSuggestion(suggested, 0.967, 60), new SmallDirectory(), Examples.At, CancellationToken.None);
}
