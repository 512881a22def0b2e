using Steward.Errors;
using Steward.Runs;

namespace Steward.Client.Tests;

public class InputRulesTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("s-")]
    [InlineData("r-1")]
    [InlineData("S-1")]
    [InlineData("s-A")]
    [InlineData("s-a/b")]
    [InlineData("s-a b")]
    [InlineData("s-ä")]
    [InlineData("s-a\n")]
    public void SessionId_Malformed_IsRefusedByName(string? id) => Refused("sessionId", () => InputRules.SessionId(id));

    [Fact]
    public void SessionId_TooLong_IsRefused() => Refused("sessionId", () => InputRules.SessionId("s-" + new string('a', 95)));

    public static TheoryData<string, RunRequestOptions> BadOptions => new()
    {
        { "agent", new() { Agent = "" } },
        { "agent", new() { Agent = "Network team" } },
        { "strategy", new() { Strategy = "magic" } },
        { "webhookId", new() { WebhookId = "a b" } },
        { "limits.steps", new() { MaxSteps = 0 } },
        { "limits.modelCalls", new() { MaxModelCalls = 1001 } },
        { "limits.tokens", new() { MaxTokens = -1 } },
        { "limits.costUsd", new() { MaxCostUsd = 0m } },
        { "limits.seconds", new() { MaxSeconds = double.NaN } },
        { "limits.seconds", new() { MaxSeconds = 0 } },
    };

    [Theory]
    [MemberData(nameof(BadOptions))]
    public void Options_OutOfBounds_AreRefusedByName(string field, RunRequestOptions options) => Refused(field, () => InputRules.Options(options));

    [Fact]
    public void Options_WithinBounds_AreAccepted() =>
        InputRules.Options(new RunRequestOptions { Agent = "network.v2", Strategy = "plan", MaxSteps = 1, MaxModelCalls = 1000, MaxTokens = 1, MaxCostUsd = 0.01m, MaxSeconds = 0.5, WebhookId = "w-1" });

    [Theory]
    [InlineData("requestId", "", "approve", "h", null)]
    [InlineData("decision", "d-1", "", "h", null)]
    [InlineData("decision", "d-1", "app rove", "h", null)]
    [InlineData("subjectHash", "d-1", "approve", "", null)]
    [InlineData("comment", "d-1", "approve", "h", 2001)]
    public void Decision_Malformed_IsRefusedByName(string field, string requestId, string decision, string hash, int? comment) => Refused(
        field,
        () => InputRules.Decision(new MakeDecision { RequestId = requestId, Decision = decision, SubjectHash = hash, Comment = comment is { } length ? new string('x', length) : null }));

    [Theory]
    [InlineData("s-1")]
    [InlineData("s-a.b_c-d0")]
    public void SessionId_WellFormed_IsAccepted(string id) => InputRules.SessionId(id);

    [Theory]
    [InlineData("")]
    [InlineData("  \t\n ")]
    [InlineData(null)]
    public void Text_Blank_IsRefused(string? text) => Refused("text", () => InputRules.Text(text));

    [Fact]
    public void Text_AtTheLimit_IsAcceptedAndOneMoreIsNot()
    {
        InputRules.Text(new string('x', 32_000));
        Refused("text", () => InputRules.Text(new string('x', 32_001)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a\u0001")]
    [InlineData("ä")]
    public void OperationId_Unprintable_IsRefused(string id) => Refused("operationId", () => InputRules.OperationId(id));

    [Fact]
    public void OperationId_AtTheLimit_IsAcceptedAndOneMoreIsNot()
    {
        InputRules.OperationId(new string('x', 128));
        Refused("operationId", () => InputRules.OperationId(new string('x', 129)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(201)]
    [InlineData(-1)]
    public void Limit_OutOfBounds_IsRefused(int limit) => Refused("limit", () => InputRules.Limit(limit));

    [Fact]
    public void After_Negative_IsRefused() => Refused("after", () => InputRules.After(-1));

    private static void Refused(string field, Action check)
    {
        var error = Assert.Throws<StewardException>(check);
        Assert.Equal(ErrorCodes.InvalidArgument, error.Code);
        Assert.Equal(field, error.Field);
    }
}
