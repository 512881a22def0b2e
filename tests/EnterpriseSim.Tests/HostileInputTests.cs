using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Tests;

/// <summary>Whatever is sent, each system answers with its own client error, never with a server error or a crash.</summary>
public sealed class HostileInputTests : IAsyncLifetime
{
    private static readonly string[] Bodies =
    [
        "", "null", "1", "\"x\"", "[]", "{}", "{\"fields\":1}", "{\"fields\":{\"project\":1,\"issuetype\":[],\"summary\":{},\"labels\":{},\"duedate\":{},\"assignee\":1,\"priority\":\"x\"}}",
        "{\"fields\":{\"project\":{\"key\":{}},\"summary\":null}}", "{\"transition\":[]}", "{\"transition\":{\"id\":{}}}", "{\"body\":{\"type\":\"doc\",\"version\":1,\"content\":[null]}}",
        "{\"jql\":1}", "{\"jql\":\"project = IT\",\"maxResults\":-1}", "{\"jql\":\"project = IT\",\"fields\":[1,null,{}]}", "{\"jql\":\"project = IT\",\"nextPageToken\":\"????\"}",
        "{\"id\":{}}", "{\"id\":\"\\u0000\"}", "{\"Subject\":{}}", "{\"Subject\":[]}", "{\"AccountId\":1}", "{\"OwnerId\":\"\"}", "{\"Amount\":\"x\"}", "{\"attributes\":1}",
        "{\"state\":{}}", "{\"caller_id\":{\"value\":{}}}", "{\"impact\":\"99999999999\",\"urgency\":\"-1\"}", "{\"caller_id\":[[]]}", new string('[', 200), "{\"a\":\"\ufffd",
    ];

    private static readonly string[] Queries =
    [
        "limit=-1", "limit=999999999999", "after=%00", "search=" + new string('(', 200), "filter=%22", "q=%27", "since=yesterday", "sendEmail=maybe", "sortOrder=ASCENDING&limit=0",
        "sysparm_query=%5E%5E%5E", "sysparm_query=ORDERBY", "sysparm_query=a.b.c.d=1", "sysparm_query=caller_id.=1", "sysparm_limit=0", "sysparm_offset=-5", "sysparm_fields=,,a.b,caller_id.",
        "jql=" + new string('(', 200), "jql=project%20in%20(", "jql=%3D%3D", "jql=created%20%3E%20-99999999999999d&fields=,", "startAt=-1", "maxResults=x", "fields=,,-,*", "query=%25",
        "q=SELECT", "q=SELECT%20Id%20FROM%20Case%20WHERE%20" + new string('(', 200), "q=SELECT%20Id%20FROM%20Case%20WHERE%20Subject%20LIKE%20%27%5C%27", "q=SELECT%20Owner.Owner.Id%20FROM%20Case",
        "q=SELECT%20Id%20FROM%20Case%20WHERE%20CreatedDate%20%3E%20LAST_N_DAYS%3A99999999999", "q=SELECT%20Id,Id,Id%20FROM%20Case%20LIMIT%200%20OFFSET%2099999",
    ];

    private EnterpriseSimulation sim = null!;

    public async Task InitializeAsync() => sim = await EnterpriseSimulation.StartAsync();

    public async Task DisposeAsync() => await sim.DisposeAsync();

    [Theory]
    [InlineData(SimSystem.Okta)]
    [InlineData(SimSystem.ServiceNow)]
    [InlineData(SimSystem.Jira)]
    [InlineData(SimSystem.Salesforce)]
    [InlineData(SimSystem.Slack)]
    [InlineData(SimSystem.Graph)]
    [InlineData(SimSystem.Workday)]
    public async Task AnyRoute_WithHostileInput_NeverFailsInTheServer(SimSystem system)
    {
        using var client = await ClientAsync(system);
        var wrong = new List<string>();
        foreach (var (method, path) in Calls(system))
        {
            foreach (var query in method == "GET" ? Queries : ["", "sendEmail=maybe"])
            {
                foreach (var body in method is "GET" or "DELETE" ? [""] : Bodies)
                {
                    using var content = body.Length == 0 ? null : new StringContent(body, Encoding.UTF8, "application/json");
                    var answer = await client.SendAsync(new HttpMethod(method), $"{path}?{query}", content);
                    if (answer.Status >= 500)
                    {
                        wrong.Add($"{method} {path}?{query} {body} → {answer.Status}");
                    }
                }
            }
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public async Task VeryLongJql_IsRefused()
    {
        using var jira = await ClientAsync(SimSystem.Jira);

        var answer = await jira.PostAsync("/rest/api/3/search/jql", new JsonObject { ["jql"] = "project = IT" + string.Concat(Enumerable.Repeat(" and project = IT", 50_000)) });

        Assert.Equal(400, answer.Status);
    }

    private IEnumerable<(string Method, string Path)> Calls(SimSystem system)
    {
        var user = (string)sim.State.OktaUser("ada.lovelace")!["id"]!;
        return system switch
        {
            SimSystem.Okta =>
            [
                ("GET", "/api/v1/users"), ("GET", $"/api/v1/users/{user}"), ("GET", "/api/v1/groups"), ("GET", "/api/v1/apps"), ("GET", "/api/v1/logs"),
                ("POST", $"/api/v1/users/{user}/lifecycle/reset_password"), ("POST", "/api/v1/users/%2e%2e/lifecycle/unlock"), ("PUT", "/api/v1/groups/x/users/y"), ("POST", "/api/v1/apps/x/users"),
            ],
            SimSystem.ServiceNow =>
            [
                ("GET", "/api/now/table/incident"), ("GET", "/api/now/table/incident/x"), ("POST", "/api/now/table/incident"), ("POST", "/api/now/table/sc_req_item"),
                ("PATCH", $"/api/now/table/incident/{sim.State.ServiceNowTable("incident")[0]["sys_id"]}"), ("POST", "/api/now/table/sys_choice"), ("POST", "/oauth_token.do"),
            ],
            SimSystem.Jira =>
            [
                ("GET", "/rest/api/3/search/jql"), ("POST", "/rest/api/3/search/jql"), ("POST", "/rest/api/3/issue"), ("PUT", "/rest/api/3/issue/IT-1"), ("PUT", "/rest/api/3/issue/IT-1/assignee"),
                ("POST", "/rest/api/3/issue/IT-1/transitions"), ("POST", "/rest/api/3/issue/IT-1/comment"), ("GET", "/rest/api/3/issue/IT-1"), ("GET", "/rest/api/3/user/search"),
                ("GET", "/rest/api/3/project/search"), ("GET", "/rest/api/3/issue/createmeta"), ("GET", "/rest/api/3/issue/createmeta/IT/issuetypes"),
            ],
            SimSystem.Slack =>
            [
                .. new[] { "users.lookupByEmail", "users.list", "conversations.list", "conversations.info", "conversations.history", "conversations.replies", "usergroups.list", "no.such" }.Select(m => ("GET", $"/api/{m}")),
                .. new[] { "auth.test", "chat.postMessage", "chat.update", "chat.delete", "conversations.create", "conversations.invite", "usergroups.users.update", "oauth.v2.access" }.Select(m => ("POST", $"/api/{m}")),
            ],
            SimSystem.Graph =>
            [
                ("GET", "/v1.0/users"), ("GET", "/v1.0/users?$filter=((("), ("GET", "/v1.0/users/x/manager"), ("PATCH", $"/v1.0/users/{sim.State.GraphUser("ada.lovelace")}"), ("POST", $"/v1.0/users/{sim.State.GraphUser("ada.lovelace")}/assignLicense"),
                ("POST", "/v1.0/groups/x/members/$ref"), ("POST", "/v1.0/chats"), ("POST", "/v1.0/subscriptions"), ("POST", "/v1.0/me/onlineMeetings/createOrGet"), ("POST", "/x/oauth2/v2.0/token"), ("GET", "/v1.0/teams"),
            ],
            SimSystem.Workday =>
            [
                ("GET", "/ccx/service/customreport2/acme/ISU_Steward/Active_Workers"), ("GET", "/ccx/api/v1/acme/workers"), ("POST", "/ccx/oauth2/acme/token"), ("GET", "/ccx/api/wql/v1/acme/data"),
                ("POST", "/ccx/api/absenceManagement/v1/acme/workers/x/requestTimeOff"),
            ],
            _ =>
            [
                ("GET", "/services/data/v62.0/query"), ("GET", "/services/data/v62.0/query/x-1"), ("POST", "/services/data/v62.0/sobjects/Case"), ("POST", "/services/data/v62.0/sobjects/Opportunity"),
                ("PATCH", "/services/data/v62.0/sobjects/Case/Steward_Id__c/x"), ("PATCH", $"/services/data/v62.0/sobjects/Case/{sim.State.SalesforceRecords("Case")[0]["Id"]}"),
                ("GET", $"/services/data/v62.0/sobjects/Case/{sim.State.SalesforceRecords("Case")[0]["Id"]}"), ("POST", "/services/oauth2/token"), ("GET", "/services/data/v62.0/sobjects/User/describe"),
            ],
        };
    }

    private async Task<SimClient> ClientAsync(SimSystem system)
    {
        switch (system)
        {
            case SimSystem.Okta: return SimClient.Okta(sim);
            case SimSystem.ServiceNow: return SimClient.ServiceNow(sim);
            case SimSystem.Jira: return SimClient.Jira(sim);
            case SimSystem.Slack: return new SimClient(sim.Slack, new AuthenticationHeaderValue("Bearer", sim.Credentials.SlackBotToken));
            case SimSystem.Graph: return new SimClient(sim.Graph, new AuthenticationHeaderValue("Bearer", (string)(await Contract.GraphSignIn.PersonAsync(sim, "viktor.petrov")).Body!["access_token"]!));
            case SimSystem.Workday: return new SimClient(sim.Workday, SimClient.Basic(sim.Credentials.WorkdayUser, sim.Credentials.WorkdayPassword));
            default:
                using (var anonymous = new SimClient(sim.Salesforce, null))
                {
                    var token = await anonymous.SendAsync(HttpMethod.Post, "/services/oauth2/token", SimClient.Form(
                        ("grant_type", "client_credentials"), ("client_id", sim.Credentials.SalesforceClientId), ("client_secret", sim.Credentials.SalesforceClientSecret)));
                    return new SimClient(sim.Salesforce, new AuthenticationHeaderValue("Bearer", (string)token.Body!["access_token"]!));
                }
        }
    }
}
