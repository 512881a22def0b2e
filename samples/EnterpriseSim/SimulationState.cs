using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Graph;
using Steward.EnterpriseSim.Jira;
using Steward.EnterpriseSim.Okta;
using Steward.EnterpriseSim.Salesforce;
using Steward.EnterpriseSim.ServiceNow;
using Steward.EnterpriseSim.Slack;
using Steward.EnterpriseSim.Smtp;
using Steward.EnterpriseSim.Workday;

namespace Steward.EnterpriseSim;

/// <summary>Reads what the simulated systems hold, past their APIs. Every answer is a copy.</summary>
public sealed class SimulationState
{
    private readonly OktaSystem okta;
    private readonly ServiceNowSystem serviceNow;
    private readonly JiraSystem jira;
    private readonly SalesforceSystem salesforce;

    private readonly SlackSystem slack;
    private readonly GraphSystem graph;
    private readonly WorkdaySystem workday;
    private readonly SmtpSystem smtp;

    internal SimulationState(
        OktaSystem okta, ServiceNowSystem serviceNow, JiraSystem jira, SalesforceSystem salesforce, SlackSystem slack, GraphSystem graph, WorkdaySystem workday, SmtpSystem smtp)
    {
        (this.slack, this.graph, this.workday, this.smtp) = (slack, graph, workday, smtp);
        this.okta = okta;
        this.serviceNow = serviceNow;
        this.jira = jira;
        this.salesforce = salesforce;
    }

    /// <summary>Every message that the mail server took, oldest first.</summary>
    public IReadOnlyList<ReceivedMail> ReceivedMail => smtp.Received();

    /// <summary>The messages of a Slack channel as the API shows them, oldest first.</summary>
    /// <param name="channel">The channel's name or id.</param>
    public IReadOnlyList<JsonObject> SlackMessages(string channel)
    {
        lock (slack.Gate)
        {
            return [.. slack.Workspace.Channels.Where(c => c.Id == channel || c.Name == channel)
                .SelectMany(c => c.Messages.Select(m => m.Render(slack.Workspace.TeamId, withMetadata: true, [])))];
        }
    }

    /// <summary>What single persons were answered in Slack after a click, oldest first.</summary>
    public IReadOnlyList<SimEphemeral> SlackEphemerals => slack.Ephemerals();

    /// <summary>The id of a Slack channel; null if there is none.</summary>
    /// <param name="name">The channel's name.</param>
    public string? SlackChannel(string name)
    {
        lock (slack.Gate)
        {
            return slack.Workspace.Channels.Find(c => c.Name == name)?.Id;
        }
    }

    /// <summary>The content of Slack's files that people can see, by channel.</summary>
    /// <param name="channel">The channel's name or id.</param>
    public IReadOnlyList<(string Name, byte[] Content)> SlackFiles(string channel)
    {
        lock (slack.Gate)
        {
            var ids = slack.Workspace.Channels.Where(c => c.Id == channel || c.Name == channel).Select(c => c.Id).ToHashSet(StringComparer.Ordinal);
            return [.. slack.Workspace.Files.Where(file => file.IsComplete && file.Channels.Exists(ids.Contains)).Select(file => (file.Name, (byte[])file.Content!.Clone()))];
        }
    }

    /// <summary>The id of a member of the Slack workspace.</summary>
    /// <param name="login">The login prefix.</param>
    public string SlackUser(string login) => slack.Workspace.User(login).Id;

    /// <summary>The object id of a person in Microsoft Graph.</summary>
    /// <param name="login">The login prefix.</param>
    public string GraphUser(string login) => graph.Directory.ByLogin(login).Id;

    /// <summary>The id of a worker in Workday.</summary>
    /// <param name="person">The person.</param>
    public string WorkdayWorker(Person person) => workday.Tenant.IdOf(person);

    /// <summary>Every mail that Okta sent, oldest first.</summary>
    public IReadOnlyList<SentMail> Mail => okta.Mail();

    /// <summary>An Okta user as the API shows it; null if there is none.</summary>
    /// <param name="key">Id, login or the login's part before the at sign.</param>
    public JsonObject? OktaUser(string key)
    {
        lock (okta.Gate)
        {
            return okta.Directory.Find(key)?.Render("", okta.Directory.UserTypeId);
        }
    }

    /// <summary>The names of the Okta groups that a user is in.</summary>
    /// <param name="key">Id, login or the login's part before the at sign.</param>
    public IReadOnlyList<string> OktaGroupsOf(string key)
    {
        lock (okta.Gate)
        {
            return okta.Directory.Find(key) is { } user ? [.. okta.Directory.Groups.Where(g => g.Members.Contains(user.Id)).Select(g => g.Name)] : [];
        }
    }

    /// <summary>The keys of the applications that are assigned to a user in Okta.</summary>
    /// <param name="key">Id, login or the login's part before the at sign.</param>
    public IReadOnlyList<string> OktaAppsOf(string key)
    {
        lock (okta.Gate)
        {
            return okta.Directory.Find(key) is { } user
                ? [.. okta.Directory.Apps.Where(a => a.Assignments.ContainsKey(user.Id)).Select(a => a.Application.Key)]
                : [];
        }
    }

    /// <summary>Okta's system log, oldest first.</summary>
    public IReadOnlyList<JsonObject> OktaEvents()
    {
        lock (okta.Gate)
        {
            return [.. okta.Directory.Events.Select(e => (JsonObject)e.Event.DeepClone())];
        }
    }

    /// <summary>All records of a ServiceNow table by column, oldest first; references are sys_ids.</summary>
    /// <param name="table">Table name, such as <c>incident</c>.</param>
    public IReadOnlyList<IReadOnlyDictionary<string, string>> ServiceNowTable(string table)
    {
        lock (serviceNow.Gate)
        {
            return [.. serviceNow.Store.Rows(table).Select(row => new Dictionary<string, string>(row))];
        }
    }

    /// <summary>All Jira issues as the API shows them, oldest first.</summary>
    public IReadOnlyList<JsonObject> JiraIssues()
    {
        lock (jira.Gate)
        {
            return [.. jira.Site.Issues.Select(i => i.Render("", ["*all"]))];
        }
    }

    /// <summary>All Salesforce records of an object with all fields, oldest first.</summary>
    /// <param name="type">Object name, such as <c>Case</c>.</param>
    public IReadOnlyList<JsonObject> SalesforceRecords(string type)
    {
        lock (salesforce.Gate)
        {
            return [.. salesforce.Org.All(SalesforceSchema.All[type]).Select(record =>
                new JsonObject(record.Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone()))))];
        }
    }
}
