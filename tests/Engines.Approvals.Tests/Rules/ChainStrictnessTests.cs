using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.Rules;

namespace Steward.Engines.Approvals.Tests.Rules;

public sealed class ChainStrictnessTests
{
    private const string Manager = "{ name: M, approvers: [manager of requester] }";
    private const string Vice = "{ name: V, approvers: [manager of manager of requester] }";

    [Theory]
    [InlineData($"levels: [{Manager}, {Vice}]", $"levels: [{Manager}]", true)]
    [InlineData($"levels: [{Vice}, {Manager}]", $"levels: [{Manager}]", true)]
    [InlineData($"levels: [{Manager}]", $"levels: [{Manager}, {Vice}]", false)]
    [InlineData($"levels: [{Vice}]", $"levels: [{Manager}]", false)]
    [InlineData($"levels: [{Vice}, {Manager}]", $"levels: [{Manager}, {Vice}]", false)]
    [InlineData("levels: [{ name: A, approvers: ['group:G'], quorum: all }]", "levels: [{ name: B, approvers: ['group:G'] }]", true)]
    [InlineData("levels: [{ name: A, approvers: ['group:G'] }]", "levels: [{ name: B, approvers: ['group:G'], quorum: all }]", false)]
    [InlineData("levels: [{ name: A, approvers: ['group:G'], quorum: 3 }]", "levels: [{ name: B, approvers: ['group:G'], quorum: 2 }]", true)]
    [InlineData("levels: [{ name: A, approvers: ['group:G'], quorum: 40% }]", "levels: [{ name: B, approvers: ['group:G'], quorum: 50% }]", false)]
    [InlineData("levels: [{ name: A, approvers: ['group:G'], quorum: all }]", "levels: [{ name: B, approvers: ['group:G'], quorum: 50% }]", true)]
    [InlineData("levels: [{ name: A, approvers: ['group:G'], quorum: all }]", "levels: [{ name: B, approvers: ['group:G'], quorum: 2 }]", false)]
    [InlineData("levels: [{ name: A, approvers: ['group:G', 'group:H'] }]", "levels: [{ name: B, approvers: ['group:G'] }]", false)]
    [InlineData($"fourEyes: false, levels: [{Manager}, {Vice}]", $"levels: [{Manager}]", false)]
    [InlineData($"veto: false, levels: [{Manager}, {Vice}]", $"levels: [{Manager}]", false)]
    [InlineData($"validFor: 2d, levels: [{Manager}, {Vice}]", $"levels: [{Manager}]", false)]
    [InlineData($"fallback: ['role:helpdesk'], levels: [{Manager}, {Vice}]", $"levels: [{Manager}]", false)]
    [InlineData("levels: [{ name: A, approvers: ['group:G'], sla: { endsAfter: 1d, end: approve } }]", "levels: [{ name: B, approvers: ['group:G'] }]", false)]
    [InlineData("levels: [{ name: A, approvers: ['group:G'], sla: { escalateAfter: 1d, escalateTo: ['role:helpdesk'] } }]", "levels: [{ name: B, approvers: ['group:G'] }]", false)]
    [InlineData("levels: [{ name: A, approvers: ['group:G'], sla: { remindAfter: [4h], endsAfter: 1d, end: reject } }]", "levels: [{ name: B, approvers: ['group:G'] }]", true)]
    [InlineData("levels: [{ name: A, approvers: ['group:G'] }]", "levels: [{ name: B, approvers: ['group:G'], sla: { endsAfter: 1d, end: approve } }]", true)]
    [InlineData($"mirror: {{ instance: a, kind: servicenow_approval }}, levels: [{Manager}, {Vice}]", $"levels: [{Manager}]", false)]
    [InlineData($"levels: [{Manager}, {Vice}]", $"mirror: {{ instance: a, kind: servicenow_approval }}, levels: [{Manager}]", false)]
    [InlineData($"mirror: {{ instance: b, kind: servicenow_approval }}, levels: [{Manager}, {Vice}]", $"mirror: {{ instance: a, kind: servicenow_approval }}, levels: [{Manager}]", false)]
    [InlineData($"mirror: {{ instance: a, kind: servicenow_approval }}, levels: [{Manager}, {Vice}]", $"mirror: {{ instance: a, kind: servicenow_approval }}, levels: [{Manager}]", true)]
    public void IsAtLeast_TwoChains_HoldsOnlyWhenEveryApprovalOfTheOtherIsAskedForToo(string chain, string than, bool expected) =>
        Assert.Equal(expected, ChainStrictness.IsAtLeast(Chain(chain), Chain(than)));

    private static ChainDefinition Chain(string text) => RuleSetReader.Read($"version: 1\nrules: []\ndefault: {{ {text} }}\n", "rules.yaml").Default!;
}
