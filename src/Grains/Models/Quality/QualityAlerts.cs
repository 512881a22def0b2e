using System.Security.Cryptography;
using System.Text;
using Steward.Engines.Notifications;
using Steward.Notifications;

namespace Steward.Models.Quality;

/// <summary>Tells a tenant's admins of regressions and drifts of its answers.</summary>
internal sealed class QualityAlerts(INoticeAdmins admins)
{
    /// <summary>Tells them.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="finding">What was found; the same finding is told once, however often it is told of.</param>
    public Task<int> TellAsync(string tenantId, QualityFinding finding) => admins.TellAdminsAsync(
        tenantId,
        finding.Regression is null ? NoticeKinds.ModelDrift : NoticeKinds.ModelRegression,
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(finding.Name)))[..32],
        $"q-{finding.Feature}",
        NoticeData.Write(new QualityNoticeData
        {
            Feature = finding.Feature,
            Change = finding.Regression?.Change,
            Since = finding.Regression?.At,
            Before = finding.Regression?.Before,
            After = finding.Regression?.After,
            Of = finding.Drift?.Of,
            Index = finding.Drift?.Index,
            Threshold = finding.Drift?.Threshold,
        }).GetRawText(),
        CancellationToken.None);
}

/// <summary>Something of a tenant's answers that admins want to know: a regression or a drift.</summary>
/// <param name="Name">The same as long as it is the same finding.</param>
/// <param name="Feature">What of the platform answers.</param>
/// <param name="Regression">The regression; null for a drift.</param>
/// <param name="Drift">The drift; null for a regression.</param>
internal sealed record QualityFinding(string Name, string Feature, QualityRegression? Regression, QualityDrift? Drift);
