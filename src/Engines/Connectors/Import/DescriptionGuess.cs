using Microsoft.OpenApi;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Import;

/// <summary>Vendor, category and documentation, as far as a document hints at them.</summary>
internal static class DescriptionGuess
{
    private static readonly (string Category, string[] Words)[] Hints =
    [
        ("itsm", ["incident", "itsm", "servicenow"]),
        ("identity", ["identity", "sso", "mfa", "directory", "authentication"]),
        ("security", ["secret", "vault", "vulnerability", "security", "password"]),
        ("project-management", ["project", "sprint", "issue", "task", "jira"]),
        ("support", ["ticket", "helpdesk", "support"]),
        ("crm", ["crm", "lead", "opportunity", "deal"]),
        ("chat", ["chat", "channel", "conversation", "message"]),
        ("code", ["repository", "commit", "merge", "pull"]),
        ("e-signature", ["envelope", "signature", "signing"]),
        ("hr", ["employee", "payroll", "hris"]),
        ("payments", ["payment", "payout", "refund"]),
        ("billing", ["invoice", "subscription", "billing"]),
        ("mail", ["email", "mail", "smtp"]),
        ("documents", ["document", "pdf"]),
        ("storage", ["file", "folder", "bucket"]),
        ("infrastructure", ["container", "network", "cluster", "virtual"]),
        ("monitoring", ["alert", "metric", "monitor"]),
        ("video", ["meeting", "webinar"]),
        ("calendar", ["calendar", "event"]),
    ];

    /// <summary>The guess; each part is a gap.</summary>
    public static (string Vendor, IReadOnlyList<string> Categories, Uri Docs) Of(OpenApiDocument document, ConnectionSpec connection, string name, GapReport gaps)
    {
        var vendor = ImportText.Line(PowerPlatform.Text(document.Extensions, "x-publisher") ?? document.Info?.Contact?.Name, 80);
        if (vendor is null)
        {
            vendor = name;
            gaps.Add(GapArea.Description, "The document does not name the vendor.", "Set vendor.", GapReport.Json(vendor), applied: true);
        }

        var words = ImportText.Words(ImportText.Trim(string.Join(' ', (document.Tags ?? new HashSet<OpenApiTag>()).Take(50).Select(tag => tag.Name).Prepend(document.Info?.Description ?? "").Prepend(name)), 4_000))
            .GroupBy(word => word.TrimEnd('s'), StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);
        var category = Hints.Select(hint => (hint.Category, Count: hint.Words.Sum(word => words.GetValueOrDefault(word.TrimEnd('s'))))).OrderByDescending(hint => hint.Count).First();
        IReadOnlyList<string> categories = [category.Count > 0 ? category.Category : "developer-tools"];
        gaps.Add(GapArea.Description, "The document does not say what kind of product it is.", "Check categories.", GapReport.Json(categories), applied: true);

        var docs = new[] { document.ExternalDocs?.Url, document.Info?.Contact?.Url, document.Info?.TermsOfService }.FirstOrDefault(uri => uri is { IsAbsoluteUri: true } && uri.Scheme == Uri.UriSchemeHttps && uri.OriginalString.Length <= 500);
        if (docs is null)
        {
            docs = connection.Fields.Count == 0 && Uri.TryCreate(connection.BaseUrl, UriKind.Absolute, out var address) ? new Uri(address.GetLeftPart(UriPartial.Authority) + "/") : new Uri("https://example.com/");
            gaps.Add(GapArea.Description, "The document does not say where the interface is documented.", "Set docs.", GapReport.Json(docs), applied: true);
        }

        return (vendor, categories, docs);
    }
}
