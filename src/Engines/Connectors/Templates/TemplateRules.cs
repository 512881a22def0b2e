namespace Steward.Engines.Connectors.Templates;

/// <summary>One fault in a template.</summary>
/// <param name="Path">Where, as a JSON pointer.</param>
/// <param name="Message">What is wrong and what is allowed.</param>
public sealed record TemplateFault(string Path, string Message);

/// <summary>What a template must keep beyond its form: references that lead somewhere, placeholders that are known, bounds.</summary>
public static partial class TemplateRules
{
    /// <summary>The faults; empty when it is valid.</summary>
    public static IReadOnlyList<TemplateFault> Check(ConnectorTemplate template)
    {
        ArgumentNullException.ThrowIfNull(template);
        var faults = new List<TemplateFault>();
        if (!Slug().IsMatch(template.Id))
        {
            faults.Add(new("/id", "must be 2 to 40 lower-case letters, digits and hyphens, beginning with a letter or digit."));
        }

        if (!SemanticVersion.TryParse(template.Version, out _))
        {
            faults.Add(new("/version", "must be a semantic version such as 1.0.0."));
        }

        foreach (var (category, at) in template.Categories.Select((category, at) => (category, at)))
        {
            if (!TemplateCategories.All.Contains(category))
            {
                faults.Add(new($"/categories/{at}", $"'{category}' is no category; allowed are {string.Join(", ", TemplateCategories.All)}."));
            }
        }

        CheckOperations(template, faults);
        return faults;
    }

    private static void CheckOperations(ConnectorTemplate template, List<TemplateFault> faults)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (operation, at) in template.Operations.Select((operation, at) => (operation, at)))
        {
            if (!OperationId().IsMatch(operation.Id))
            {
                faults.Add(new($"/operations/{at}/id", "must be names of lower-case letters, digits and underscores with dots between them, such as users.get."));
            }

            if (!ids.Add(operation.Id))
            {
                faults.Add(new($"/operations/{at}/id", $"the operation '{operation.Id}' appears twice."));
            }

            if (operation.Method is not ("GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE"))
            {
                faults.Add(new($"/operations/{at}/method", "must be GET, HEAD, POST, PUT, PATCH or DELETE."));
            }
        }
    }

    [System.Text.RegularExpressions.GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{1,39}\z", System.Text.RegularExpressions.RegexOptions.CultureInvariant)]
    private static partial System.Text.RegularExpressions.Regex Slug();

    [System.Text.RegularExpressions.GeneratedRegex(@"\A[a-z][a-z0-9_]{0,39}(\.[a-z][a-z0-9_]{0,39}){0,4}\z", System.Text.RegularExpressions.RegexOptions.CultureInvariant)]
    private static partial System.Text.RegularExpressions.Regex OperationId();
}
