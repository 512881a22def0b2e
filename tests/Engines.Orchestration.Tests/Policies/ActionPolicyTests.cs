using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Policies;

namespace Steward.Engines.Orchestration.Tests.Policies;

public sealed class ActionPolicyTests
{
    private const string Text = """
        version: 1
        operations:
          a.users.reset:
            allow: [self, manager, role:helpdesk]
            target:
              read: { call: a.users.get, with: { id: "${arguments.userId}" } }
              email: "${result.email}"
            manager:
              read: { call: a.users.manager, with: { email: "${target}" } }
              email: "${result.email}"
            denied: Only your own.
          a.cases.create:
            approval: [anyone]
          a.secrets.get:
            allow: [role:admin]
        """;

    private static readonly ActionPolicy Policy = ActionPolicy.Compile(Text, "policy.yaml");

    [Theory]
    [InlineData("ada@acme.example", "ada", PolicyVerdict.Allowed, "self")]
    [InlineData("ADA@acme.example", "ada", PolicyVerdict.Allowed, "self")]
    [InlineData("boss@acme.example", "ada", PolicyVerdict.Allowed, "manager")]
    [InlineData("eve@acme.example", "ada", PolicyVerdict.Denied, "Only your own.")]
    [InlineData(null, "nobody", PolicyVerdict.Denied, "Only your own.")]
    [InlineData("ada@acme.example", "nobody", PolicyVerdict.Denied, "Only your own.")]
    [InlineData("ada@acme.example", "broken", PolicyVerdict.Undecided, "could not be checked")]
    public async Task Decide_OnAPerson_GoesByWhomTheTargetSystemNames(string? requester, string target, PolicyVerdict verdict, string reason)
    {
        var decision = await DecideAsync("a.users.reset", OperationEffect.Destructive, new JsonObject { ["userId"] = target, ["email"] = "ada@acme.example" }, requester);

        Assert.Equal(verdict, decision.Verdict);
        Assert.Contains(reason, decision.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Decide_ByRole_ReadsNothing()
    {
        var decision = await Policy.DecideAsync(
            Operation("a.users.reset", OperationEffect.Destructive), JsonSerializer.SerializeToElement(new { userId = "ada" }), Requester("x@acme.example", "helpdesk"),
            (_, _, _) => throw new InvalidOperationException("read"), CancellationToken.None);

        Assert.Equal((PolicyVerdict.Allowed, "role helpdesk"), (decision.Verdict, decision.Reason));
    }

    [Theory]
    [InlineData("a.other.get", OperationEffect.Read, PolicyVerdict.Allowed)]
    [InlineData("a.other.set", OperationEffect.Write, PolicyVerdict.Denied)]
    [InlineData("a.other.wipe", OperationEffect.Destructive, PolicyVerdict.Denied)]
    [InlineData("a.cases.create", OperationEffect.Write, PolicyVerdict.ApprovalNeeded)]
    [InlineData("a.secrets.get", OperationEffect.Read, PolicyVerdict.Denied)]
    public async Task Decide_ByDefault_AllowsOnlyReadsThatAreNotListed(string operation, OperationEffect effect, PolicyVerdict expected) =>
        Assert.Equal(expected, (await DecideAsync(operation, effect, [], "ada@acme.example")).Verdict);

    [Theory]
    [InlineData("allow: [self, manager, role:helpdesk]", "allow: [everybody]", "fits none")]
    [InlineData("denied: Only your own.", "deny: no", "is not a known field")]
    [InlineData("arguments.userId", "argument.userId", "'argument' does not exist")]
    [InlineData("    approval: [anyone]", "    approval: [self]", "need 'target'")]
    [InlineData("version: 1", "version: 0", "at least 1")]
    public void Compile_Faulty_SaysWhatIsWrong(string replace, string by, string mentions)
    {
        var exception = Assert.Throws<DefinitionException>(() => ActionPolicy.Compile(Text.Replace(replace, by, StringComparison.Ordinal), "policy.yaml"));

        Assert.Contains(mentions, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "role:admin", 7 * 24 * 60)]
    [InlineData("approvers: [role:helpdesk], expires: 72h, ", "role:helpdesk", 72 * 60)]
    [InlineData("approvers: [manager, role:helpdesk], expires: P1DT2H3M, ", "role:helpdesk email:boss@acme.example", 1563)]
    [InlineData("approvers: [manager], expires: 90m, ", "email:boss@acme.example", 90)]
    [InlineData("approvers: [manager], expires: PT2H, ", "role:admin", 120, "boss@acme.example")]
    [InlineData("approvers: [manager], expires: 30d, ", "role:admin", 30 * 24 * 60, "ada@acme.example", "nobody")]
    public async Task Decide_ApprovalNeeded_SaysWhoApprovesAndUntilWhen(string rule, string approvers, int minutes, string requester = "ada@acme.example", string target = "ada")
    {
        const string text = """
            version: 1
            operations:
              a.users.reset: { RULE approval: [anyone], target: { read: { call: a.users.get, with: { id: "${arguments.userId}" } }, email: "${result.email}" }, manager: { read: { call: a.users.manager, with: { email: "${target}" } }, email: "${result.email}" } }
            """;
        var policy = ActionPolicy.Compile(text.Replace("RULE ", rule, StringComparison.Ordinal), "policy.yaml");
        var decision = await DecideAsync("a.users.reset", OperationEffect.Destructive, new JsonObject { ["userId"] = target }, requester, policy);

        Assert.Equal(PolicyVerdict.ApprovalNeeded, decision.Verdict);
        Assert.Equal((approvers, TimeSpan.FromMinutes(minutes)), (string.Join(' ', decision.Approvers), decision.Expires));
    }

    [Theory]
    [InlineData("    approval: [anyone]\n    approvers: [anyone]", "fits none")]
    [InlineData("    approval: [anyone]\n    approvers: [manager]", "'manager' needs 'manager'")]
    [InlineData("    approval: [anyone]\n    expires: soon", "must be a duration")]
    [InlineData("    approval: [anyone]\n    expires: 0m", "must be a duration")]
    [InlineData("    approval: [anyone]\n    expires: 366d", "must be a duration")]
    [InlineData("    approval: [anyone]\n    expires: PT", "must be a duration")]
    [InlineData("    allow: [anyone]\n    approvers: [role:boss]", "need 'approval'")]
    [InlineData("    allow: [anyone]\n    expires: 7d", "need 'approval'")]
    public void Compile_FaultyApproval_SaysWhatIsWrong(string by, string mentions)
    {
        var exception = Assert.Throws<DefinitionException>(() => ActionPolicy.Compile(Text.Replace("    approval: [anyone]", by, StringComparison.Ordinal), "policy.yaml"));

        Assert.Contains(mentions, exception.Message, StringComparison.Ordinal);
    }

    private static ConnectorOperation Operation(string id, OperationEffect effect) =>
        new() { Id = id, Connector = "a", Description = "", Effect = effect, InputSchema = JsonSerializer.SerializeToElement(true) };

    private static Requester Requester(string? email, params string[] roles) => new() { UserId = "u-x", Email = email, Roles = roles };

    private static Task<PolicyDecision> DecideAsync(string operation, OperationEffect effect, JsonObject arguments, string? requester, ActionPolicy? policy = null) => (policy ?? Policy).DecideAsync(
        Operation(operation, effect), JsonSerializer.SerializeToElement(arguments), Requester(requester),
        (call, values, _) => Task.FromResult<ActionOutcome>((call, values.GetRawText()) switch
        {
            ("a.users.get", """{"id":"ada"}""") => new ActionSucceeded(JsonSerializer.SerializeToElement(new { email = "ada@acme.example" })),
            ("a.users.get", """{"id":"broken"}""") => new ActionFailed("unavailable", "Down.", true),
            ("a.users.manager", """{"email":"ada@acme.example"}""") => new ActionSucceeded(JsonSerializer.SerializeToElement(new { email = "boss@acme.example" })),
            _ => new ActionFailed("not_found", "None.", false),
        }),
        CancellationToken.None);
}
