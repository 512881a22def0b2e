using Steward.Engines.Approvals.Rules;
using Steward.Engines.Definitions;

namespace Steward.Engines.Approvals.Tests.Rules;

/// <summary>Where the amount, the currency and the environment of the tenant's own operations stand.</summary>
public sealed class FieldOfActionsTests
{
    private const string Rules = """
        version: 1
        fields:
          amount:
            type: number
            from: arguments.amount
            actions: { 'coupa.*': arguments.total, 'sap.orders.*': [arguments.order.net, arguments.net], 'free.*': { value: 0 } }
          environment:
            type: text
            actions: { 'aws-prod.*': { value: production }, '*.databases.*': arguments.stage }
        default: { levels: [{ name: Manager, approvers: [manager of requester] }] }
        rules:
          - { name: unknown, when: amount is unknown and environment is unknown, then: { levels: [{ name: A, approvers: ['role:unknown'] }] } }
          - { name: dear, when: amount > 1000, then: { levels: [{ name: A, approvers: ['role:dear'] }] } }
          - { name: production, when: environment = 'production', then: { levels: [{ name: A, approvers: ['role:production'] }] } }
        """;

    [Theory]
    [InlineData("coupa.requisitions.create", """{"total":5000,"amount":1}""", "dear")]
    [InlineData("COUPA.requisitions.create", """{"total":5000}""", "dear")]
    [InlineData("coupa.requisitions.create", """{"amount":5000}""", "unknown")]
    [InlineData("sap.orders.create", """{"net":2000,"amount":1}""", "dear")]
    [InlineData("sap.orders.create", """{"order":{"net":"1"},"net":2000}""", null)]
    [InlineData("sap.invoices.create", """{"net":2000,"amount":2}""", null)]
    [InlineData("free.things.get", """{"amount":9999}""", null)]
    [InlineData("anything.else", """{"amount":9999}""", "dear")]
    [InlineData("aws-prod.instances.stop", """{"stage":"test","amount":1}""", "production")]
    [InlineData("aws-test.databases.drop", """{"stage":"Production","amount":1}""", "production")]
    [InlineData("aws-test.instances.stop", """{"stage":"production","amount":1}""", null)]
    public async Task Decide_FieldByAction_LooksWhereThatActionHasIt(string action, string arguments, string? rule)
    {
        // What whoever asks says of them does not count.
        var request = Examples.Request(arguments) with { Action = action, Amount = 100_000, Environment = "production" };

        Assert.Equal(rule, (await RuleSetReader.Read(Rules, "rules.yaml").DecideAsync(request, new SmallDirectory(), Examples.At, CancellationToken.None)).Rule);
    }

    [Theory]
    [InlineData("amount: { type: number }", "/fields/amount")]
    [InlineData("amount: { type: number, actions: { 'a.*': { value: much } } }", "the value is no number")]
    [InlineData("amount: { type: number, actions: { 'a.*': total } }", "amount: ")]
    [InlineData("amount: { type: number, actions: { 'a.*': { is: 5 } } }", "/fields/amount")]
    public void Read_FaultyPlaces_AreRefused(string field, string told)
    {
        var thrown = Assert.Throws<DefinitionException>(() => RuleSetReader.Read($"version: 1\nrules: []\nfields:\n  {field}\n", "rules.yaml"));

        Assert.Contains(told, string.Join(' ', thrown.Errors.Select(error => error.Message)), StringComparison.Ordinal);
    }
}
