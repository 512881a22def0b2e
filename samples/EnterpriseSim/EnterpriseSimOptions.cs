using System.Security.Cryptography;

namespace Steward.EnterpriseSim;

/// <summary>The ports that the four servers listen on; 0 lets the system choose.</summary>
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

    /// <summary>The seed of every identifier, so that two starts with the same seed hold the same records.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>How many calls are remembered; the oldest are dropped first.</summary>
    public int RememberedCalls { get; init; } = 100_000;
}
