#if !ORLEANS_STANDIN
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Steward.EndToEnd.Tests;

/// <summary>Approvals in a cluster: the silo that holds some is lost while they wait.</summary>
public sealed partial class ClusterTests
{
    private const int Waiting = 8;

    // Reminders that are due soon keep a request in memory.
    private const string HeldRules = """
        version: 1
        rules:
          - name: databases
            when: request_type = 'db_access'
            then: { levels: [ { name: Owner, approvers: ["email:felix.hoffmann@acme.example"], sla: { remindAfter: [1m] } } ] }
        """;

    [Fact]
    public async Task KillSilo_WhileApprovalsWait_EachIsDecidedOnceAtTheOther()
    {
        _cluster = await StewardProcess.StartClusterAsync(_data.Path, _simulation!, silos: 2);
        using var admin = _cluster.SignIn(_simulation!.Company.People.First(person => person.Admin).Login);
        using var ada = _cluster.SignIn();
        using var felix = _cluster.SignIn("felix.hoffmann");
        await SendAsync(admin, HttpMethod.Put, "v1/approval-rules", new { text = HeldRules });
        var asked = new List<(string Id, string Hash)>();
        for (var i = 0; i < Waiting; i++)
        {
            var approval = await SendAsync(ada, HttpMethod.Post, "v1/approvals", new
            {
                type = "db_access", action = "postgres.grant", arguments = new { database = "orders", number = i }, summary = $"Read {i}", operationId = $"held-{i}",
            }, HttpStatusCode.Created);
            asked.Add((approval.GetProperty("approvalId").GetString()!, approval.GetProperty("subjectHash").GetString()!));
        }

        foreach (var (id, _) in asked)
        {
            await UntilAsync(async () => (await felix.GetAsync($"v1/approvals/{id}")).StatusCode == HttpStatusCode.OK);
        }

        // Whatever it held was in its memory only.
        await StewardProcess.SignalAsync(Silos(_cluster)[0], "KILL");
        await Task.WhenAll(asked.Select(async one => await UntilAsync(async () =>
        {
            using var response = await felix.PostAsJsonAsync($"v1/approvals/{one.Id}/decide", new { decision = "approve", subjectHash = one.Hash, operationId = "click" });
            return response.StatusCode == HttpStatusCode.OK;
        })));

        foreach (var (id, _) in asked)
        {
            var history = (await ada.GetFromJsonAsync<JsonElement>($"v1/approvals/{id}?include=history")).GetProperty("history").EnumerateArray().Select(entry => entry.GetProperty("type").GetString()).ToList();
            Assert.Single(history, "approval.voted");
            Assert.Single(history, "approval.approved");
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!await condition())
        {
            await Task.Delay(100, limit.Token);
        }
    }
}
#endif
