using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Steward.Engines.Models.Budgets;
using Steward.Engines.Notifications;
using Steward.Notifications;

namespace Steward.Models;

/// <summary>Tells a tenant's admins how a budget stands: once for each of its windows and levels, whoever asks.</summary>
internal sealed class BudgetAlerts(INoticeAdmins admins)
{
    /// <summary>Tells them.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="definition">The budget.</param>
    /// <param name="key">The count.</param>
    /// <param name="spent">What is used.</param>
    /// <param name="endsAt">When the window ends.</param>
    /// <param name="level">See <see cref="BudgetTold.Level"/>.</param>
    public async Task TellAsync(string tenantId, BudgetDefinition definition, BudgetKey key, long spent, DateTimeOffset endsAt, int level)
    {
        // Of one that was deleted and set again it is told again.
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{definition.Since} {key.Subject}")))[..8];
        var window = key.Window.Replace(":", "", StringComparison.Ordinal);
        var data = NoticeData.Write(new BudgetNoticeData
        {
            Budget = definition.Id,
            Subject = key.Subject.Length > 0 ? key.Subject : null,
            State = level > 1 ? "spent" : "near",
            Percent = (int)Math.Min(999, spent * 100.0 / definition.Limit),
            Used = Text(spent, definition.Unit),
            Limit = Text(definition.Limit, definition.Unit),
            EndsAt = endsAt,
        });
        await admins.TellAdminsAsync(tenantId, NoticeKinds.ModelBudget, $"{definition.Id}-{window}-{level}-{hash}", $"b-{definition.Id}", data.GetRawText(), CancellationToken.None);
        BudgetDiagnostics.Alerts.Add(1, new KeyValuePair<string, object?>("level", level > 1 ? "limit" : "alert"));
    }

    private static string Text(long amount, BudgetUnit unit) => unit switch
    {
        BudgetUnit.Usd => "$" + BudgetRules.ToDecimal(amount, unit).ToString("0.00", CultureInfo.InvariantCulture),
        BudgetUnit.Tokens => amount.ToString(CultureInfo.InvariantCulture) + " tokens",
        _ => amount.ToString(CultureInfo.InvariantCulture) + " requests",
    };
}
