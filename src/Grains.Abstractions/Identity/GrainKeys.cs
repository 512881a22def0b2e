using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Steward.Errors;

namespace Steward.Identity;

/// <summary>
/// The keys of Steward's grains: <c>t-acme</c>, <c>t-acme/u-7/s-…</c>, <c>t-acme/r-…</c>. Every part starts with a letter prefix, since the
/// ADO.NET storage provider compares keys that read as hexadecimal numbers case-insensitively and drops leading zeros.
/// </summary>
public static partial class GrainKeys
{
    /// <summary>The longest part of a key, in characters.</summary>
    public const int MaxPartLength = 96;

    /// <summary>The key of a session.</summary>
    public static string Session(string tenantId, string userId, string sessionId) =>
        $"{Tenant(tenantId)}/{Part(userId, 'u', "userId")}/{Part(sessionId, 's', "sessionId")}";

    /// <summary>The key of what is known of a person.</summary>
    public static string Person(string tenantId, string userId) => $"{Tenant(tenantId)}/{Part(userId, 'u', "userId")}/p-person";

    /// <summary>The key of what is remembered of a person.</summary>
    public static string UserMemory(string tenantId, string userId) => $"{Tenant(tenantId)}/{Part(userId, 'u', "userId")}";

    /// <summary>The key of the journal of who read or changed a person's memory.</summary>
    public static string MemoryAccesses(string memoryKey) => $"{memoryKey}/i-memory-accesses";

    /// <summary>The key of the journal that says whether a person's conversations are being erased.</summary>
    public static string MemoryErasure(string memoryKey) => $"{memoryKey}/i-memory-erasure";

    /// <summary>The key of what is learnt of a tenant's requests, as numbers.</summary>
    public static string MemoryPatterns(string tenantId) => $"{Tenant(tenantId)}/i-memory-patterns";

    /// <summary>The key of what keeps a tenant's memories as the tenant wants them.</summary>
    public static string MemoryKeeping(string tenantId) => $"{Tenant(tenantId)}/i-memory-keeping";

    /// <summary>The key of a run.</summary>
    public static string Run(string tenantId, string runId) => $"{Tenant(tenantId)}/{Part(runId, 'r', "runId")}";

    /// <summary>The key of a tenant's dead-letter list.</summary>
    public static string DeadLetters(string tenantId) => $"{Tenant(tenantId)}/d-letters";

    /// <summary>What the ids of a tenant's own schedules begin with; no person's do.</summary>
    public const string TenantSchedulePrefix = "j-tenant-";

    /// <summary>The key of a schedule: under its person, or directly under the tenant when its id says so.</summary>
    public static string Schedule(string tenantId, string userId, string scheduleId) => IsTenantSchedule(Part(scheduleId, 'j', "scheduleId"))
        ? $"{Tenant(tenantId)}/{scheduleId}"
        : $"{Tenant(tenantId)}/{Part(userId, 'u', "userId")}/{scheduleId}";

    /// <summary>Whether a schedule id is that of one of the tenant's own.</summary>
    public static bool IsTenantSchedule(string scheduleId)
    {
        ArgumentNullException.ThrowIfNull(scheduleId);
        return scheduleId.StartsWith(TenantSchedulePrefix, StringComparison.Ordinal);
    }

    /// <summary>The key of the list of a tenant's schedules.</summary>
    public static string ScheduleIndex(string tenantId) => $"{Tenant(tenantId)}/i-schedules";

    /// <summary>The key of a webhook.</summary>
    public static string Webhook(string tenantId, string webhookId) => $"{Tenant(tenantId)}/{Part(webhookId, 'w', "webhookId")}";

    /// <summary>The key of the list of a tenant's webhooks.</summary>
    public static string WebhookIndex(string tenantId) => $"{Tenant(tenantId)}/i-webhooks";

    /// <summary>The key of a connector instance, by its name.</summary>
    public static string Connector(string tenantId, string name) => $"{Tenant(tenantId)}/{Part("c-" + name, 'c', "name")}";

    /// <summary>The key of the list of a tenant's connector instances.</summary>
    public static string ConnectorIndex(string tenantId) => $"{Tenant(tenantId)}/i-connectors";

    /// <summary>The key of a tenant's record of what was done in external systems.</summary>
    public static string ConnectorAudit(string tenantId) => $"{Tenant(tenantId)}/i-connector-audit";

    /// <summary>The key of the journal of the events that an external system sends to a connector instance.</summary>
    public static string HooksJournal(string connectorKey) => $"{connectorKey}/h-hooks";

    /// <summary>The key of one part of the index of a tenant's known mail addresses, 0 to 255.</summary>
    public static string KnownAddresses(string tenantId, int part) => $"{Tenant(tenantId)}/i-addresses-{part:d3}";

    /// <summary>The key of a request for an approval.</summary>
    public static string Approval(string tenantId, string approvalId) => $"{Tenant(tenantId)}/{Part(approvalId, 'a', "approvalId")}";

    /// <summary>The key of a tenant's approval rules, delegations and calendars.</summary>
    public static string ApprovalRules(string tenantId) => $"{Tenant(tenantId)}/i-approval-rules";

    /// <summary>The key of the lists of a tenant's approvals.</summary>
    public static string ApprovalLists(string tenantId) => $"{Tenant(tenantId)}/i-approvals";

    /// <summary>The key of a tenant's directory of people.</summary>
    public static string Directory(string tenantId) => $"{Tenant(tenantId)}/i-directory";

    /// <summary>The key of a person's inbox.</summary>
    public static string Inbox(string tenantId, string userId) => $"{Tenant(tenantId)}/{Part(userId, 'u', "userId")}/i-inbox";

    /// <summary>The key of a tenant's settings of notifications.</summary>
    public static string NotificationSettings(string tenantId) => $"{Tenant(tenantId)}/i-notifications";

    /// <summary>The key of the list of those who hold a role: by its name where that fits into a key, else by its hash, which no such name looks like.</summary>
    public static string KnownHolders(string tenantId, string role)
    {
        ArgumentException.ThrowIfNullOrEmpty(role);
        return $"{Tenant(tenantId)}/i-role-{(RolePattern().IsMatch(role) ? role : "." + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(role)))[..32])}";
    }

    /// <summary>The key of the queue of one of a tenant's channels, for example <c>slack</c>.</summary>
    public static string NotificationQueue(string tenantId, string channel) => $"{Tenant(tenantId)}/{Part("q-" + channel, 'q', "channel")}";

    /// <summary>The key of a call of an external system that goes on.</summary>
    public static string CallUnderWay(string tenantId, string callId) => $"{Tenant(tenantId)}/{Part(callId, 'x', "callId")}";

    /// <summary>The key of a tenant's triage.</summary>
    public static string Triage(string tenantId) => $"{Tenant(tenantId)}/i-triage";

    /// <summary>The key of the journal of what was said of a tenant's tickets.</summary>
    public static string TriageLabels(string triageKey) => $"{triageKey}/l-labels";

    /// <summary>The key of what trains a tenant's heads.</summary>
    public static string TriageLearning(string tenantId) => $"{Tenant(tenantId)}/i-triage-learning";

    /// <summary>The key of an import of a tenant's old tickets.</summary>
    public static string TriageImport(string tenantId, string importId) => $"{Tenant(tenantId)}/{Part(importId, 'm', "importId")}";

    /// <summary>The key of the list of a tenant's imports of old tickets.</summary>
    public static string TriageImports(string tenantId) => $"{Tenant(tenantId)}/i-triage-imports";

    /// <summary>The key of a call of a model.</summary>
    public static string ModelCall(string tenantId, string callId) => ModelCallPattern().IsMatch(callId ?? "")
        ? $"{Tenant(tenantId)}/{callId}"
        : throw StewardException.Invalid("callId", "must be 'mc-' followed by 16 to 64 of a-z and 0-9.");

    /// <summary>The key of the right to a sandbox for one execution.</summary>
    public static string SandboxLease(string tenantId, string executionId) => ExecutionPattern().IsMatch(executionId ?? "")
        ? $"{Tenant(tenantId)}/{executionId}"
        : throw StewardException.Invalid("executionId", "must be 'x-' followed by 16 to 64 of a-z and 0-9.");

    /// <summary>The key of the code that a tenant's people propose as examples.</summary>
    public static string SandboxSnippets(string tenantId) => $"{Tenant(tenantId)}/i-sandbox-snippets";

    /// <summary>The key of a tenant's settings of models.</summary>
    public static string ModelSettings(string tenantId) => $"{Tenant(tenantId)}/i-models";

    /// <summary>The key of a tenant's budgets of model calls.</summary>
    public static string ModelBudgets(string tenantId) => $"{Tenant(tenantId)}/i-model-budgets";

    /// <summary>The key of what a tenant's model calls cost.</summary>
    public static string ModelCosts(string tenantId) => $"{Tenant(tenantId)}/i-model-costs";

    /// <summary>The user of a grain key, or null when it names none.</summary>
    public static string? UserOf(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var first = key.IndexOf('/', StringComparison.Ordinal);
        if (first < 0 || !key.AsSpan(first + 1).StartsWith("u-", StringComparison.Ordinal))
        {
            return null;
        }

        var second = key.IndexOf('/', first + 1);
        return second < 0 ? key[(first + 1)..] : key[(first + 1)..second];
    }

    /// <summary>The key of a tenant; the tenant id itself, checked.</summary>
    public static string Tenant(string tenantId) => Part(tenantId, 't', "tenantId");

    /// <summary>The tenant of any grain key.</summary>
    public static string TenantOf(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? key : key[..slash];
    }

    /// <summary>The last part of a grain key: the run id, session id or, for a tenant, the tenant id.</summary>
    public static string LastPart(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key[(key.LastIndexOf('/') + 1)..];
    }

    /// <summary>Whether an id is well formed: prefix letter, hyphen, then 1 to 94 of a–z, 0–9, dot, underscore and hyphen.</summary>
    public static bool IsValidPart(string? value, char prefix) =>
        value is { Length: >= 3 and <= MaxPartLength } && value[0] == prefix && PartPattern().IsMatch(value);

    private static string Part(string value, char prefix, string field) =>
        IsValidPart(value, prefix)
            ? value
            : throw StewardException.Invalid(field, $"must be '{prefix}-' followed by 1 to {MaxPartLength - 2} of a-z, 0-9, '.', '_' and '-'.");

    [GeneratedRegex(@"\A[a-z]-[a-z0-9._-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex PartPattern();

    [GeneratedRegex(@"\Amc-[a-z0-9]{16,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ModelCallPattern();

    [GeneratedRegex(@"\Ax-[a-z0-9]{16,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ExecutionPattern();

    // In small letters only: keys that differ in nothing else are one to some stores.
    [GeneratedRegex(@"\A[a-z0-9][a-z0-9._-]{0,79}\z", RegexOptions.CultureInvariant)]
    private static partial Regex RolePattern();
}
