using System.Text.Json.Serialization;

namespace Steward.EnterpriseSim;

/// <summary>The simulated systems.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SimSystem>))]
public enum SimSystem
{
    /// <summary>Okta, the identity provider.</summary>
    Okta,

    /// <summary>ServiceNow, the service desk.</summary>
    ServiceNow,

    /// <summary>Jira Cloud, the issue tracker.</summary>
    Jira,

    /// <summary>Salesforce, the customer relationship management.</summary>
    Salesforce,

    /// <summary>Slack, the team chat.</summary>
    Slack,

    /// <summary>Microsoft Graph: Entra ID and Teams.</summary>
    Graph,

    /// <summary>Workday, the employee records.</summary>
    Workday,

    /// <summary>The mail server.</summary>
    Smtp,
}

/// <summary>One HTTP call that a simulated system saw.</summary>
public sealed record RecordedCall
{
    /// <summary>Position among all calls of the simulation, from 1.</summary>
    public required long Sequence { get; init; }

    /// <summary>The system that was called.</summary>
    public required SimSystem System { get; init; }

    /// <summary>The product's name of the operation, such as <c>resetPassword</c>; <c>unknown</c> for a path that it does not have.</summary>
    public required string Operation { get; init; }

    /// <summary>HTTP method.</summary>
    public required string Method { get; init; }

    /// <summary>Path and query as sent.</summary>
    public required string Path { get; init; }

    /// <summary>The request's body; empty if there was none, and never the body of a token request.</summary>
    public required string Body { get; init; }

    /// <summary>The status of the answer, also when the connection was cut before it was sent.</summary>
    public required int Status { get; init; }

    /// <summary>When the call arrived.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Whether the call changed something in the system.</summary>
    public required bool Effect { get; init; }

    /// <summary>The fault that hit this call, if one did.</summary>
    public SimFaultKind? Fault { get; init; }
}
