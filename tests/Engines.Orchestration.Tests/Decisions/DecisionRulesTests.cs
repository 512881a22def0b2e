using System.Text.Json;

namespace Steward.Engines.Orchestration.Tests.Decisions;

public sealed class DecisionRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    private static readonly Decider Boss = new() { UserId = "u-boss", Email = "Boss@acme.example", Roles = ["boss"] };

    [Theory]
    [InlineData("role:boss", DecisionCheck.Ok)]
    [InlineData("role:Boss", DecisionCheck.Forbidden)]
    [InlineData("role:admin", DecisionCheck.Forbidden)]
    [InlineData("email:boss@ACME.example", DecisionCheck.Ok)]
    [InlineData("email:", DecisionCheck.Forbidden)]
    [InlineData("user:u-boss", DecisionCheck.Ok)]
    [InlineData("requester", DecisionCheck.Forbidden)]
    [InlineData("anyone", DecisionCheck.Forbidden)]
    public void Check_ByDeciders_LetsOnlyThoseDecide(string decider, DecisionCheck expected) =>
        Assert.Equal(expected, DecisionRules.Check(Asked([decider]), Boss, "u-ada", "approve", "h", Now));

    [Theory]
    [InlineData("role:boss", DecisionCheck.Forbidden)]
    [InlineData("email:boss@acme.example", DecisionCheck.Forbidden)]
    [InlineData("user:u-boss", DecisionCheck.Forbidden)]
    [InlineData("requester", DecisionCheck.Ok)]
    public void Check_ByTheRequester_OnlyWhereTheRequesterIsNamed(string decider, DecisionCheck expected) =>
        Assert.Equal(expected, DecisionRules.Check(Asked([decider]), Boss, "u-boss", "approve", "h", Now));

    [Theory]
    [InlineData("approve", "h", 0, DecisionCheck.Ok)]
    [InlineData("approve", "other", 0, DecisionCheck.StaleSubject)]
    [InlineData("edit", "h", 0, DecisionCheck.UnknownOption)]
    [InlineData("expired", "h", 0, DecisionCheck.UnknownOption)]
    [InlineData("approve", "h", 60, DecisionCheck.Expired)]
    public void Check_OpenRequest_TakesItsOptionsForItsSubjectInTime(string decision, string hash, int minutes, DecisionCheck expected) =>
        Assert.Equal(expected, DecisionRules.Check(Asked(["role:boss"]), Boss, "u-ada", decision, hash, Now.AddMinutes(minutes)));

    [Theory]
    [InlineData("approve", "u-boss", "approve", DecisionCheck.AlreadyDecided)]
    [InlineData("approve", "u-boss", "reject", DecisionCheck.Conflict)]
    [InlineData("approve", "u-other", "approve", DecisionCheck.Conflict)]
    [InlineData("expired", null, "approve", DecisionCheck.Expired)]
    public void Check_DecidedRequest_TheFirstOneCounts(string made, string? by, string decision, DecisionCheck expected)
    {
        var state = Asked(["role:boss"]) with { Made = new DecisionMade { RequestId = "d", Decision = made, By = by } };

        Assert.Equal(expected, DecisionRules.Check(state, Boss, "u-ada", decision, "h", Now.AddDays(1)));
    }

    [Fact]
    public void ExpireDecisions_OnlyOpenOnesThatAreDue_AreClosed()
    {
        var snapshot = new RunSnapshot();
        foreach (var (id, at) in new (string, DateTimeOffset?)[] { ("due", Now), ("later", Now.AddTicks(1)), ("never", null), ("made", Now) })
        {
            snapshot.Apply(Asked([]).Request with { RequestId = id, ExpiresAt = at }, Now);
        }

        snapshot.Apply(new DecisionMade { RequestId = "made", Decision = "approve", By = "u-boss" }, Now);

        Assert.Equal(["due"], DecisionRules.ExpireDecisions(snapshot, Now).Select(made => made.RequestId));
    }

    [Theory]
    [InlineData("""{"b":1,"a":{"d":[1,2],"c":"x"}}""", """{ "a" : {"c":"\u0078","d":[1, 2]}, "b":1 }""", true)]
    [InlineData("""{"a":1}""", """{"a":1.0}""", false)]
    [InlineData("""{"a":[1,2]}""", """{"a":[2,1]}""", false)]
    [InlineData("""{"a":null}""", "{}", false)]
    [InlineData("""{"a":1,"a":2}""", """{"a":2,"a":1}""", false)]
    [InlineData("""{"a":"\u00e9<\"\n"}""", """{"a":"é<\"\u000a"}""", true)]
    public void CanonicalJson_SameContent_HasTheSameHash(string one, string other, bool same) =>
        Assert.Equal(same, CanonicalJson.Hash(JsonSerializer.Deserialize<JsonElement>(one)) == CanonicalJson.Hash(JsonSerializer.Deserialize<JsonElement>(other)));

    [Fact]
    public void CanonicalJson_MembersAndTexts_AreWrittenInOneForm() =>
        Assert.Equal("""{"A":"é<>&'\\","a":[1.50,-0,true,null],"b":{}}""", CanonicalJson.Of(JsonSerializer.Deserialize<JsonElement>("""{ "b": {}, "a": [1.50, -0, true, null], "A": "é\u003c>&'\\" }""")));

    [Fact]
    public void SubjectHash_OfAnotherOperation_IsAnotherOne() =>
        Assert.NotEqual(CanonicalJson.SubjectHash("a.b", JsonSerializer.SerializeToElement(1)), CanonicalJson.SubjectHash("a.c", JsonSerializer.SerializeToElement(1)));

    private static DecisionState Asked(IReadOnlyList<string> deciders) => new(
        new DecisionRequested
        {
            RequestId = "d",
            Kind = DecisionKind.Approval,
            Summary = "s",
            SubjectHash = "h",
            Options = ["approve", "reject"],
            Deciders = deciders,
            ExpiresAt = Now.AddHours(1),
        },
        Now);
}
