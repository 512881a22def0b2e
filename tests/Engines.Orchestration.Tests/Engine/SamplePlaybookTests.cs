using System.Text.Json.Nodes;

namespace Steward.Engines.Orchestration.Tests.Engine;

public sealed class SamplePlaybookTests
{
    [Fact]
    public async Task ResetPassword_ForOneself_ResetsOnceAndSaysSo()
    {
        var company = FakeConnectors.Company();
        var recorder = await Engines.Create(company).RunAsync(Engines.Input("I forgot my password, can you help?"));

        Assert.Equal(RunPhase.Completed, recorder.Snapshot.Phase);
        Assert.Equal(1, Assert.Single(company.Effects).Value);
        Assert.Equal("00u1", company.Calls.Single(call => call.OperationId == "okta.users.reset_password").Arguments.GetProperty("userId").GetString());
        Assert.StartsWith("Your password was reset.", recorder.Snapshot.Answer, StringComparison.Ordinal);
        Assert.Equal(
            ["run.requested", "run.strategy", "step.started", "step.completed", "step.started", "action.planned", "action.sent", "action.confirmed", "step.completed", "answer.delta", "run.ended"],
            recorder.Types);
        Assert.Equal(3, recorder.Appends);
    }

    [Theory]
    [InlineData("Reset the password of grace.hopper@acme.example")]
    [InlineData("reset Grace Hopper's password please")]
    [InlineData("I am Grace Hopper, reset the password for grace.hopper")]
    public async Task ResetPassword_ForSomeoneElseWithoutTheRole_IsForbiddenAndChangesNothing(string text)
    {
        var company = FakeConnectors.Company();
        var recorder = await Engines.Create(company).RunAsync(Engines.Input(text));

        Assert.Empty(company.Effects);
        Assert.Equal("forbidden", recorder.Snapshot.ErrorCode);
        Assert.Contains("only reset your own password", recorder.Snapshot.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ResetPassword_ForSomeoneElseByTheHelpDesk_Resets()
    {
        var company = FakeConnectors.Company();
        var recorder = await Engines.Create(company).RunAsync(Engines.Input("Reset Grace Hopper's password", Engines.HelpDesk));

        Assert.Single(company.Effects);
        Assert.Contains("Grace Hopper was reset", recorder.Snapshot.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ResetPassword_ForANameThatFitsTwo_AsksAndGoesOnWithTheAnswer()
    {
        var company = FakeConnectors.Company();
        var engine = Engines.Create(company);
        var first = await engine.RunAsync(Engines.Input("Reset the password of Grace", Engines.HelpDesk));

        Assert.Empty(company.Effects);
        Assert.Contains("grace.kelly@acme.example", first.Snapshot.Answer, StringComparison.Ordinal);

        var second = await engine.RunAsync(Engines.Input("grace.kelly@acme.example", Engines.HelpDesk, first.Snapshot.WorkingMemory, runId: "r-2"));
        Assert.Equal("00u3", company.Calls.Single(call => call.OperationId == "okta.users.reset_password").Arguments.GetProperty("userId").GetString());
        Assert.Equal("", second.Snapshot.WorkingMemory["pending"]);
    }

    [Fact]
    public async Task ResetPassword_OfMyManager_AsksWhoAndNeverTakesTheRequester()
    {
        var company = FakeConnectors.Company();
        var recorder = await Engines.Create(company).RunAsync(Engines.Input("Please reset my manager's password"));

        Assert.Empty(company.Calls);
        Assert.Contains("Whose password", recorder.Snapshot.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UnlockAccount_ThatIsNotLocked_SaysSoAndSendsNothing()
    {
        var company = FakeConnectors.Company();
        var recorder = await Engines.Create(company).RunAsync(Engines.Input("my account is locked"));

        Assert.Empty(company.Effects);
        Assert.Contains("is not locked", recorder.Snapshot.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenIncident_VpnInBerlinForTheSalesTeam_HasEveryField()
    {
        var company = FakeConnectors.Company();
        var recorder = await Engines.Create(company).RunAsync(Engines.Input("VPN is down in the Berlin office for the whole sales team"));

        var arguments = Assert.Single(company.Calls).Arguments;
        var expected = JsonNode.Parse("""
            {"shortDescription":"VPN is down in the Berlin office for the whole sales team","description":"VPN is down in the Berlin office for the whole sales team",
             "callerEmail":"ada.lovelace@acme.example","category":"network","subcategory":"vpn","impact":1,"urgency":1}
            """);
        Assert.True(JsonNode.DeepEquals(expected, JsonObject.Create(arguments)), arguments.GetRawText());
        Assert.Equal(1, Assert.Single(company.Effects).Value);
        Assert.Equal("INC0010100", recorder.Snapshot.WorkingMemory["last_ticket"]);
        Assert.Contains("INC0010100", recorder.Snapshot.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenIncident_WithoutAProblem_AsksForItAndOpensOneWithTheAnswer()
    {
        var company = FakeConnectors.Company();
        var engine = Engines.Create(company);
        var first = await engine.RunAsync(Engines.Input("Please open a ticket"));
        Assert.Empty(company.Calls);
        Assert.Contains("What is the problem?", first.Snapshot.Answer, StringComparison.Ordinal);

        await engine.RunAsync(Engines.Input("The coffee machine in the Munich kitchen leaks on the printer", memory: first.Snapshot.WorkingMemory, runId: "r-2"));
        var arguments = Assert.Single(company.Calls).Arguments;
        Assert.Equal("The coffee machine in the Munich kitchen leaks on the printer", arguments.GetProperty("description").GetString());
        Assert.Equal("hardware", arguments.GetProperty("category").GetString());
    }

    [Fact]
    public async Task IncidentStatus_AsAFollowUp_UsesTheWorkingMemory()
    {
        var engine = Engines.Create(FakeConnectors.Company());
        var first = await engine.RunAsync(Engines.Input("status of INC0010002?"));
        var second = await engine.RunAsync(Engines.Input("what is its status?", memory: first.Snapshot.WorkingMemory, runId: "r-2"));

        Assert.Contains("In Progress", first.Snapshot.Answer, StringComparison.Ordinal);
        Assert.Equal(first.Snapshot.Answer, second.Snapshot.Answer);
        Assert.Contains("assigned to Beth Anglin", second.Snapshot.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task IncidentStatus_UnknownNumber_SaysThatThereIsNone()
    {
        var recorder = await Engines.Create(FakeConnectors.Company()).RunAsync(Engines.Input("status of INC9999999"));

        Assert.Equal("There is no incident INC9999999, or you may not see it.", recorder.Snapshot.Answer);
        Assert.Equal(RunPhase.Failed, recorder.Snapshot.Phase);
    }

    [Fact]
    public async Task IssueStatus_ByKey_ReadsJira()
    {
        var recorder = await Engines.Create(FakeConnectors.Company()).RunAsync(Engines.Input("What's the status of WEB-12?"));

        Assert.Equal("WEB-12 – Login page\nStatus: In Review, assigned to Ada Lovelace.", recorder.Snapshot.Answer);
    }

    [Theory]
    [InlineData("Who is my manager?", "Your manager is Grace Hopper")]
    [InlineData("who is ada lovelace's manager", "Your manager is Grace Hopper")]
    [InlineData("Who does Grace Kelly report to?", "The manager of Grace Kelly is Grace Hopper")]
    [InlineData("Who is the manager of grace.hopper@acme.example?", "The directory names no manager for Grace Hopper.")]
    public async Task WhoIsManager_Asked_Answers(string text, string expected)
    {
        var recorder = await Engines.Create(FakeConnectors.Company()).RunAsync(Engines.Input(text));

        Assert.StartsWith(expected, recorder.Snapshot.Answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("approve", 1, "You now have Salesforce")]
    [InlineData("reject", 0, "Salesforce was not assigned. It was not approved: No budget.")]
    [InlineData("expired", 0, "nobody approved it in time")]
    public async Task RequestApplication_DecidedByTheManager_AssignsOnlyWhatWasApproved(string decision, int effects, string answer)
    {
        var company = FakeConnectors.Company();
        var engine = Engines.Create(company);
        var input = Engines.Input("I need access to Salesforce, please");

        var recorder = await engine.RunAsync(input);
        var request = Assert.Single(recorder.Snapshot.Decisions).Request;
        var before = company.Effects.Count;
        await recorder.RecordAsync([new DecisionMade { RequestId = request.RequestId, Decision = decision, By = decision == "expired" ? null : "u-grace.hopper", Comment = decision == "reject" ? "No budget." : null }], default);
        await engine.ExecuteAsync(input, recorder, CancellationToken.None, CancellationToken.None);

        Assert.Equal(0, before);
        Assert.Equal(["email:grace.hopper@acme.example"], request.Deciders);
        Assert.Equal(effects, company.Effects.Count);
        Assert.Contains(answer, recorder.Snapshot.Answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("I need access to Tableau", "Several applications fit")]
    [InlineData("I need access to Photoshop", "Okta has no application called Photoshop")]
    public async Task RequestApplication_NotOneApplication_RequestsNothing(string text, string answer)
    {
        var company = FakeConnectors.Company();
        var recorder = await Engines.Create(company).RunAsync(Engines.Input(text));

        Assert.Empty(recorder.Snapshot.Decisions);
        Assert.Empty(company.Effects);
        Assert.Contains(answer, recorder.Snapshot.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NothingMatches_WithoutAModel_SaysSoAndListsWhatCanBeDone()
    {
        var company = FakeConnectors.Company();
        var recorder = await Engines.Create(company).RunAsync(Engines.Input("Write me a poem about the sea"));

        Assert.Empty(company.Calls);
        Assert.Equal("none", recorder.Snapshot.Strategy);
        Assert.Contains("I did nothing", recorder.Snapshot.Answer, StringComparison.Ordinal);
        foreach (var playbook in Engines.SampleDefinitions.Playbooks.Playbooks)
        {
            Assert.Contains(playbook.Title, recorder.Snapshot.Answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task TwoThingsAtOnce_AsksWhichOneAndDoesTheChosenOne()
    {
        var company = FakeConnectors.Company();
        var engine = Engines.Create(company);
        var first = await engine.RunAsync(Engines.Input("reset my password and unlock my account"));
        Assert.Empty(company.Calls);
        Assert.Contains("1. Reset a password", first.Snapshot.Answer, StringComparison.Ordinal);

        var second = await engine.RunAsync(Engines.Input("the first one", memory: first.Snapshot.WorkingMemory, runId: "r-2"));
        Assert.Equal("reset-password", second.Snapshot.Playbook);
        Assert.Single(company.Effects);
    }

    [Fact]
    public async Task AskingHowToReset_IsOfferedAndDoneOnlyAfterYes()
    {
        var company = FakeConnectors.Company();
        var engine = Engines.Create(company);
        var first = await engine.RunAsync(Engines.Input("How do I reset my password?"));
        Assert.Empty(company.Calls);

        await engine.RunAsync(Engines.Input("yes", memory: first.Snapshot.WorkingMemory, runId: "r-2"));
        Assert.Single(company.Effects);
    }
}
