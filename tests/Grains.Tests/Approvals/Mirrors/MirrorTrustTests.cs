using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Steward.Approvals;
using Steward.EnterpriseSim;
using Steward.Identity;
using Steward.People;

namespace Steward.Grains.Tests.Approvals.Mirrors;

/// <summary>What is clicked in another system counts only when it surely is the asked person's, and for what Steward wrote there.</summary>
[Collection(MirrorClusterGroup.Name)]
public sealed class MirrorTrustTests(MirrorCluster cluster)
{
    private const string ServiceNow = "servicenow-main";
    private const string Jira = "jira-main";

    [Fact]
    public async Task Secrets_InArgumentsSummaryAndReason_DoNotReachTheRecords()
    {
        foreach (var mirror in new[] { MirrorCluster.ServiceNow, MirrorCluster.Jira })
        {
            var tenant = await cluster.TenantAsync(MirrorCluster.Rules(mirror));
            var approval = await OpenAsync(cluster.Asking(tenant) with { Arguments = """{"user":"ada","password":"Hunter2!x"}""", Summary = "Set password: Tr0ub4dor&3", Reason = "Use token=Zx81abQQ12" });
            var text = string.Concat(cluster.Changes(approval).SelectMany(change => change.Values)) + string.Concat(cluster.Issues(approval).Select(issue => issue.ToJsonString()));

            Assert.Contains("***", text, StringComparison.Ordinal);
            Assert.All(["Hunter2!x", "Tr0ub4dor", "Zx81abQQ12"], secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("approved", "pending")]
    [InlineData("rejected", "rejected")]
    public async Task ArgumentsCut_OnlyARejectionCountsThere(string decision, string status)
    {
        var tenant = await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.ServiceNow));
        var approval = await OpenAsync(cluster.Asking(tenant) with { Arguments = $$"""{"text":"{{new string('a', 5000)}}","amount":1}""" });
        Assert.Contains("Decide in Steward", cluster.Changes(approval).Single()["description"], StringComparison.Ordinal);
        Click(approval, MirrorCluster.Jonas, decision);
        await cluster.LookAsync(approval, ServiceNow);

        Assert.Equal(status, (await AnsweredAsync(approval, status == "pending" ? "Not all of the request fits here. Decide in Steward." : "Rejected by")).Status);
    }

    [Fact]
    public async Task TextChangedInServiceNow_AnApprovalThereDoesNotCount()
    {
        var (approval, _) = await cluster.OpenAsync(await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.ServiceNow)));
        await SendAsync(HttpMethod.Patch, $"api/now/table/change_request/{cluster.Changes(approval).Single()["sys_id"]}", new { description = "Something harmless." });
        Click(approval, MirrorCluster.Jonas, "approved");
        await cluster.LookAsync(approval, ServiceNow);

        Assert.Equal("pending", (await AnsweredAsync(approval, "does not say any more what Steward wrote")).Status);
        Assert.Equal("requested", cluster.Rows(approval)[MirrorCluster.Jonas]["state"]);
    }

    [Fact]
    public async Task TextChangedInJira_AnApprovalThereDoesNotCountEvenWhenItIsChangedBack()
    {
        var (approval, _) = await cluster.OpenAsync(await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.Jira)));
        var issue = cluster.Issues(approval).Single();
        await SendAsync(HttpMethod.Put, $"rest/api/3/issue/{issue["key"]}", new { fields = new { summary = "Harmless" } }, isJira: true);
        Move(approval, MirrorCluster.Jonas, "Approved");
        await SendAsync(HttpMethod.Put, $"rest/api/3/issue/{issue["key"]}", new { fields = new { summary = issue["fields"]!["summary"]!.GetValue<string>() } }, isJira: true);
        await cluster.LookAsync(approval, Jira);
        var view = await cluster.UntilAsync(approval, _ => MirrorCluster.CommentsOf(cluster.Issues(approval).Single()).Count > 0 && MirrorCluster.StatusOf(cluster.Issues(approval).Single()) == "Waiting for approval");

        Assert.Equal("pending", view.Status);
        Assert.Contains("does not say any more what Steward wrote", Assert.Single(MirrorCluster.CommentsOf(cluster.Issues(approval).Single())), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ChangedTwiceSinceSeen_TakesAnotherClick()
    {
        var (approval, _) = await cluster.OpenAsync(await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.ServiceNow)));
        Click(approval, MirrorCluster.Felix, "approved");
        Click(approval, MirrorCluster.Jonas, "approved");
        await cluster.LookAsync(approval, ServiceNow);
        Assert.Equal("pending", (await AnsweredAsync(approval, "Click again.")).Status);
        await cluster.QuietAsync(approval);

        Click(approval, MirrorCluster.Jonas, "approved");
        await cluster.LookAsync(approval, ServiceNow);
        Assert.Equal("approved", (await cluster.ClosedAsync(approval)).Status);
    }

    [Fact]
    public async Task RowOfSomebodyElse_CountsForNothing()
    {
        var (approval, _) = await cluster.OpenAsync(await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.ServiceNow)));
        var row = cluster.Rows(approval)[MirrorCluster.Jonas];
        await SendAsync(HttpMethod.Post, "api/now/table/sysapproval_approver", new { sysapproval = row["sysapproval"], document_id = row["sysapproval"], source_table = "change_request", approver = row["approver"], state = "requested" });
        var other = Approvals(approval).Single(one => one["sys_id"] != row["sys_id"]);
        cluster.Company.Decide(SimSystem.ServiceNow, new SimDecision { User = MirrorCluster.Jonas, Record = other["sys_id"], Decision = "approved" });
        await cluster.LookAsync(approval, ServiceNow);
        var view = await cluster.UntilAsync(approval, _ => Approvals(approval).Any(one => one["sys_id"] == other["sys_id"] && one["state"] == "not_required"));

        Assert.Equal("pending", view.Status);
        Assert.Equal("requested", Approvals(approval).Single(one => one["sys_id"] == row["sys_id"])["state"]);
    }

    [Fact]
    public async Task AddressOfTheApproverGivenToAnotherAccount_CountsForNothing()
    {
        var (approval, _) = await cluster.OpenAsync(await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.ServiceNow)));
        var felix = cluster.Company.State.ServiceNowTable("sys_user").Single(user => user["user_name"] == MirrorCluster.Felix);
        await SendAsync(HttpMethod.Patch, $"api/now/table/sys_user/{felix["sys_id"]}", new { email = $"{MirrorCluster.Jonas}@acme.example" });
        try
        {
            Click(approval, MirrorCluster.Felix, "approved");
            await cluster.LookAsync(approval, ServiceNow);
            Assert.Equal("pending", (await AnsweredAsync(approval, "This approval asks jonas.weber@acme.example.")).Status);
            await cluster.QuietAsync(approval);

            // Nor does the person's own click, while two accounts have the address.
            Click(approval, MirrorCluster.Jonas, "approved");
            await cluster.LookAsync(approval, ServiceNow);
            Assert.Equal("pending", (await AnsweredAsync(approval, "it cannot be told any more whose account that is")).Status);
        }
        finally
        {
            await SendAsync(HttpMethod.Patch, $"api/now/table/sys_user/{felix["sys_id"]}", new { email = felix["email"] });
        }
    }

    [Theory]
    [InlineData("u-jonas.weber", "u-other")]
    [InlineData("u-other", "u-other")]
    public async Task AddressWithWhichOthersSignIn_CountsForNothing(params string[] users)
    {
        var tenant = await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.ServiceNow));
        var (approval, _) = await cluster.OpenAsync(tenant);
        const string Address = $"{MirrorCluster.Jonas}@acme.example";
        foreach (var user in users)
        {
            cluster.SignInAsPlatform(tenant);
            await cluster.Grains.GetGrain<IKnownAddressesGrain>(GrainKeys.KnownAddresses(tenant, KnownAddress.PartOf(Address))).Saw(Address, user);
        }

        Click(approval, MirrorCluster.Jonas, "approved");
        await cluster.LookAsync(approval, ServiceNow);
        Assert.Equal("pending", (await AnsweredAsync(approval, "With that address several people sign in.")).Status);
    }

    [Fact]
    public async Task DelegateWhoseDelegationHasEnded_DoesNotVoteThere()
    {
        var tenant = await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.ServiceNow));
        var rules = cluster.Grains.GetGrain<IApprovalRulesGrain>(GrainKeys.ApprovalRules(tenant));
        var now = cluster.Time.GetUtcNow();
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);
        await rules.AddDelegation(new DelegationView { DelegationId = "d-1", From = $"{MirrorCluster.Jonas}@acme.example", To = $"{MirrorCluster.Nadia}@acme.example", Begins = now.AddMinutes(-1), Ends = now.AddDays(3) });
        cluster.Time.Advance(TimeSpan.FromSeconds(5));
        var (approval, _) = await cluster.OpenAsync(tenant);
        cluster.Company.Decide(SimSystem.ServiceNow, new SimDecision { User = MirrorCluster.Nadia, Record = cluster.Rows(approval)[MirrorCluster.Nadia]["sys_id"], Decision = "approved" });
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);
        await rules.RemoveDelegation("d-1");
        cluster.Time.Advance(TimeSpan.FromSeconds(5));
        await cluster.LookAsync(approval, ServiceNow);

        Assert.Equal("pending", (await AnsweredAsync(approval, "does not count")).Status);
    }

    [Fact]
    public async Task StewardsOwnAccountInJira_DecidesNothing()
    {
        var me = cluster.Company.Credentials.JiraEmail;
        var (approval, _) = await cluster.OpenAsync(await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.Jira).Replace($"{MirrorCluster.Jonas}@acme.example", me, StringComparison.Ordinal)));
        var key = cluster.Issues(approval).Single()["key"]!.GetValue<string>();
        var possible = await SendAsync(HttpMethod.Get, $"rest/api/3/issue/{key}/transitions", null, isJira: true);
        var transition = possible.GetProperty("transitions").EnumerateArray().Single(one => one.GetProperty("to").GetProperty("name").GetString() == "Approved").GetProperty("id").GetString();
        await SendAsync(HttpMethod.Post, $"rest/api/3/issue/{key}/transitions", new { transition = new { id = transition } }, isJira: true);
        await cluster.LookAsync(approval, Jira);
        var view = await cluster.UntilAsync(approval, _ => MirrorCluster.StatusOf(cluster.Issues(approval).Single()) == "Waiting for approval");

        Assert.Equal("pending", view.Status);
        Assert.Contains("Steward's own account decides nothing.", Assert.Single(MirrorCluster.CommentsOf(cluster.Issues(approval).Single())), StringComparison.Ordinal);
    }

    [Fact]
    public async Task DecidedAtOneLevel_WhatTheRecordSaysIsNoVoteAtTheNext()
    {
        const string Level = "approvers: ['email:jonas.weber@acme.example', 'email:nadia.haddad@acme.example']";
        var rules = $"version: 1\ndefault: {{ expires: 3d, fourEyes: false, levels: [{{ name: One, {Level} }}, {{ name: Two, {Level} }}], {MirrorCluster.ServiceNow} }}";
        var (approval, _) = await cluster.OpenAsync(await cluster.TenantAsync(rules));
        await cluster.DecideAsync(approval, MirrorCluster.Jonas, "approve");
        await cluster.UntilAsync(approval, seen => seen.Levels.Count == 2 && seen.Mirror!.NextAt > cluster.Time.GetUtcNow());
        await cluster.QuietAsync(approval);
        var view = await cluster.UntilAsync(approval, _ => cluster.Rows(approval)[MirrorCluster.Jonas]["state"] == "requested");

        Assert.Equal(("pending", 1), (view.Status, view.Levels.Sum(level => level.Votes.Count)));
    }

    [Fact]
    public async Task WhatStewardSets_UndoneAgainAndAgain_IsAFailureInTheEnd()
    {
        var (approval, _) = await cluster.OpenAsync(await cluster.TenantAsync(MirrorCluster.Rules(MirrorCluster.ServiceNow)));
        for (var i = 0; i < 13 && (await cluster.UntilAsync(approval, _ => true)).Mirror!.Error is null; i++)
        {
            Click(approval, MirrorCluster.Felix, "cancelled");
            await cluster.LookAsync(approval, ServiceNow);
            await cluster.UntilAsync(approval, seen => seen.Mirror!.Error is not null || (cluster.Rows(approval)[MirrorCluster.Jonas]["state"] == "requested" && seen.Mirror.NextAt > cluster.Time.GetUtcNow()));
        }

        var view = await cluster.UntilAsync(approval, _ => true);
        Assert.Contains("undone there again and again", view.Mirror!.Error, StringComparison.Ordinal);

        // Events do not speed that up.
        await cluster.LookAsync(approval, ServiceNow);
        Assert.Equal(view.Mirror.NextAt, (await cluster.UntilAsync(approval, _ => true)).Mirror!.NextAt);
        Assert.Equal("approved", (await cluster.DecideAsync(approval, MirrorCluster.Jonas, "approve")).Status);
    }

    private async Task<IApprovalGrain> OpenAsync(SubmitApproval asking)
    {
        var tenant = asking.Requester.TenantId;
        var approval = cluster.Grains.GetGrain<IApprovalGrain>(GrainKeys.Approval(tenant, "a-" + Guid.NewGuid().ToString("n")));
        cluster.SignInAsPlatform(tenant);
        await approval.Submit(asking);
        await cluster.UntilAsync(approval, seen => seen.Mirror is { Status: "open", NextAt: not null } mirror && mirror.NextAt > cluster.Time.GetUtcNow());
        return approval;
    }

    /// <summary>When the approval's row, or its record, says something.</summary>
    private Task<ApprovalView> AnsweredAsync(IApprovalGrain approval, string text) => cluster.UntilAsync(
        approval,
        seen => seen.Mirror!.NextAt != cluster.Time.GetUtcNow() && Approvals(approval).Append(cluster.Changes(approval).Single()).Any(one => one["comments"].Contains(text, StringComparison.Ordinal)));

    private List<IReadOnlyDictionary<string, string>> Approvals(IApprovalGrain approval)
    {
        var document = cluster.Changes(approval).Single()["sys_id"];
        return [.. cluster.Company.State.ServiceNowTable("sysapproval_approver").Where(row => row["sysapproval"] == document)];
    }

    private void Click(IApprovalGrain approval, string login, string decision) =>
        cluster.Company.Decide(SimSystem.ServiceNow, new SimDecision { User = login, Record = cluster.Rows(approval)[MirrorCluster.Jonas]["sys_id"], Decision = decision });

    private void Move(IApprovalGrain approval, string login, string status) =>
        cluster.Company.Decide(SimSystem.Jira, new SimDecision { User = login, Record = (string)cluster.Issues(approval).Single()["key"]!, Decision = status });

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body, bool isJira = false)
    {
        var credentials = cluster.Company.Credentials;
        var (host, user) = isJira ? (cluster.Company.Jira, $"{credentials.JiraEmail}:{credentials.JiraApiToken}") : (cluster.Company.ServiceNow, $"{credentials.ServiceNowUser}:{credentials.ServiceNowPassword}");
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(method, new Uri(host, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(user)));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Content = body is null ? null : new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {response.StatusCode} {text}");
        return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
    }
}
