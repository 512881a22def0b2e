using System.Security.Cryptography;

namespace Steward.EnterpriseSim;

/// <summary>The ports that the servers listen on; 0 lets the system choose.</summary>
public sealed record EnterpriseSimPorts
{
    /// <summary>Port of the simulated Okta.</summary>
    public int Okta { get; init; }

    /// <summary>Port of the simulated ServiceNow.</summary>
    public int ServiceNow { get; init; }

    /// <summary>Port of the simulated Jira Cloud.</summary>
    public int Jira { get; init; }

    /// <summary>Port of the simulated Salesforce.</summary>
    public int Salesforce { get; init; }

    /// <summary>Port of the simulated Slack.</summary>
    public int Slack { get; init; }

    /// <summary>Port of the simulated Microsoft Graph and its login.</summary>
    public int Graph { get; init; }

    /// <summary>Port of the simulated Workday.</summary>
    public int Workday { get; init; }

    /// <summary>Port of the simulated mail server, where mail is handed in.</summary>
    public int Smtp { get; init; }

    /// <summary>Port of the mail server's control API.</summary>
    public int SmtpControl { get; init; }
}

/// <summary>What a client needs to sign in to the simulated systems.</summary>
public sealed record EnterpriseSimCredentials
{
    /// <summary>API token of Okta, for <c>Authorization: SSWS …</c>; it belongs to the administrator.</summary>
    public string OktaApiToken { get; init; } = NewSecret();

    /// <summary>An OAuth access token of Okta, for <c>Authorization: Bearer …</c>.</summary>
    public string OktaBearerToken { get; init; } = NewSecret();

    /// <summary>User name of the ServiceNow integration user.</summary>
    public string ServiceNowUser { get; init; } = "steward.integration";

    /// <summary>Password of the ServiceNow integration user.</summary>
    public string ServiceNowPassword { get; init; } = NewSecret();

    /// <summary>OAuth client id of ServiceNow, for <c>/oauth_token.do</c>.</summary>
    public string ServiceNowClientId { get; init; } = "steward-servicenow";

    /// <summary>OAuth client secret of ServiceNow.</summary>
    public string ServiceNowClientSecret { get; init; } = NewSecret();

    /// <summary>E-mail address of the Jira account, the user part of basic authentication.</summary>
    public string JiraEmail { get; init; } = "steward.integration@acme.example";

    /// <summary>API token of the Jira account, the password part of basic authentication.</summary>
    public string JiraApiToken { get; init; } = NewSecret();

    /// <summary>An OAuth access token of Jira, for <c>Authorization: Bearer …</c>.</summary>
    public string JiraBearerToken { get; init; } = NewSecret();

    /// <summary>Consumer key of the Salesforce connected app.</summary>
    public string SalesforceClientId { get; init; } = "steward-salesforce";

    /// <summary>Consumer secret of the Salesforce connected app.</summary>
    public string SalesforceClientSecret { get; init; } = NewSecret();

    /// <summary>The public RSA key (PEM) that assertions of the JWT bearer flow are checked with; null refuses that flow.</summary>
    public string? SalesforceJwtPublicKey { get; init; }

    /// <summary>The public RSA key (PEM) that Okta's service app signs its assertions with; null refuses that flow.</summary>
    public string? OktaJwtPublicKey { get; init; }

    /// <summary>Client id of Okta's service app.</summary>
    public string OktaClientId { get; init; } = "0oaStewardService001";

    /// <summary>Inbound REST API key of ServiceNow, sent as <c>x-sn-apikey</c>.</summary>
    public string ServiceNowApiKey { get; init; } = NewSecret();

    /// <summary>Client id of the Jira app (3LO).</summary>
    public string JiraClientId { get; init; } = "steward-jira";

    /// <summary>Client secret of the Jira app.</summary>
    public string JiraClientSecret { get; init; } = NewSecret();

    /// <summary>Bot token of Slack; it never expires.</summary>
    public string SlackBotToken { get; init; } = $"xoxb-{NewSecret()}";

    /// <summary>Client id of the Slack app.</summary>
    public string SlackClientId { get; init; } = "1234567890.1234567890";

    /// <summary>Client secret of the Slack app.</summary>
    public string SlackClientSecret { get; init; } = NewSecret();

    /// <summary>What Slack signs its events with.</summary>
    public string SlackSigningSecret { get; init; } = NewSecret();

    /// <summary>Directory (tenant) id of Microsoft Entra ID.</summary>
    public string GraphDirectoryId { get; init; } = "72f988bf-86f1-41af-91ab-2d7cd011db47";

    /// <summary>Client id of the app registration in Entra ID.</summary>
    public string GraphClientId { get; init; } = "5f0c3b8e-2f0a-4e3b-9d43-0d4b1f7a9c11";

    /// <summary>Client secret of the app registration in Entra ID.</summary>
    public string GraphClientSecret { get; init; } = NewSecret();

    /// <summary>The tenant of Workday, a part of its paths.</summary>
    public string WorkdayTenant { get; init; } = "acme";

    /// <summary>Integration system user of Workday, with <c>@tenant</c>.</summary>
    public string WorkdayUser { get; init; } = "ISU_Steward@acme";

    /// <summary>Password of the integration system user of Workday.</summary>
    public string WorkdayPassword { get; init; } = NewSecret();

    /// <summary>Client id of the API client in Workday.</summary>
    public string WorkdayClientId { get; init; } = "steward-workday";

    /// <summary>Client secret of the API client in Workday.</summary>
    public string WorkdayClientSecret { get; init; } = NewSecret();

    /// <summary>The public RSA key (PEM) that assertions to Workday are checked with; null refuses that flow.</summary>
    public string? WorkdayJwtPublicKey { get; init; }

    /// <summary>Client id at the company's identity provider.</summary>
    public string IdentityClientId { get; init; } = "steward-identity";

    /// <summary>Client secret at the company's identity provider.</summary>
    public string IdentityClientSecret { get; init; } = NewSecret();

    /// <summary>User name of the mail account.</summary>
    public string SmtpUser { get; init; } = "steward@acme.example";

    /// <summary>Password of the mail account.</summary>
    public string SmtpPassword { get; init; } = NewSecret();

    /// <summary>Guards the control API under <c>/__sim/</c>, sent as <c>X-Sim-Token</c>.</summary>
    public string ControlToken { get; init; } = NewSecret();

    private static string NewSecret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
}

/// <summary>The products' rate limits. The defaults are far above what a load test reaches; tests set them low.</summary>
public sealed record EnterpriseSimLimits
{
    /// <summary>Okta: calls per minute and per endpoint group.</summary>
    public int OktaPerMinute { get; init; } = 600_000;

    /// <summary>ServiceNow: calls per hour.</summary>
    public int ServiceNowPerHour { get; init; } = 10_000_000;

    /// <summary>Jira: calls per minute and operation.</summary>
    public int JiraPerMinute { get; init; } = 600_000;

    /// <summary>Salesforce: calls per 24 hours.</summary>
    public int SalesforcePerDay { get; init; } = 100_000_000;

    /// <summary>Slack: calls per minute and method. The product's tiers allow 20 to 100.</summary>
    public int SlackPerMinute { get; init; } = 600_000;

    /// <summary>Slack: messages per second into one channel; the product allows about one.</summary>
    public int SlackPerChannelSecond { get; init; } = 10_000;

    /// <summary>Microsoft Graph: calls per 10 seconds.</summary>
    public int GraphPerTenSeconds { get; init; } = 600_000;

    /// <summary>Workday: calls per second; the product allows 10.</summary>
    public int WorkdayPerSecond { get; init; } = 100_000;

    /// <summary>Records on one page of a Salesforce query; the product's value is 2,000.</summary>
    public int SalesforcePageSize { get; init; } = 2_000;
}

/// <summary>How the simulated systems start.</summary>
public sealed record EnterpriseSimOptions
{
    /// <summary>The ports to listen on; the default is any free port for each.</summary>
    public EnterpriseSimPorts Ports { get; init; } = new();

    /// <summary>The credentials to accept; the default is random secrets.</summary>
    public EnterpriseSimCredentials Credentials { get; init; } = new();

    /// <summary>Rate limits and page sizes.</summary>
    public EnterpriseSimLimits Limits { get; init; } = new();

    /// <summary>The clock; the default is the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The wait before an event is sent again; null for the product's own waits.</summary>
    public TimeSpan? EventRetryDelay { get; init; }

    /// <summary>The seed of every identifier, so that two starts with the same seed hold the same records.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How many calls are remembered; the oldest are dropped first.</summary>
    public int RememberedCalls { get; init; } = 100_000;
}
