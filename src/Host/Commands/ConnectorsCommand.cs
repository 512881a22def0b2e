using System.CommandLine;
using Steward.Engines.Connectors.Import;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Definitions;

namespace Steward.Host.Commands;

/// <summary><c>steward connectors import</c>: makes a draft template from an OpenAPI document and says what the document does not.</summary>
internal static class ConnectorsCommand
{
    public static Command Create()
    {
        var file = new Argument<FileInfo>("file") { Description = "Swagger 2.0, OpenAPI 3.0 or 3.1; JSON or YAML; at most 8 MB." };
        var draft = new Option<FileInfo?>("--out") { Description = "File for the draft template." };
        var id = new Option<string?>("--id") { Description = "The template's id; by default from the document's title." };
        var find = new Option<string?>("--find") { Description = "Show only the operations that fit these words best." };
        var import = new Command("import", "Make a draft template from an OpenAPI document. Nothing is fetched: references to other documents are reported.") { file, draft, id, find };
        import.SetAction((parsed, cancellationToken) => ImportAsync(parsed.GetRequiredValue(file), parsed.GetValue(draft), parsed.GetValue(id), parsed.GetValue(find), cancellationToken));
        return new Command("connectors", "Work on connector templates.") { import };
    }

    private static async Task<int> ImportAsync(FileInfo file, FileInfo? draft, string? id, string? find, CancellationToken cancellationToken)
    {
        ImportResult result;
        try
        {
            var limits = new ImportLimits();
            result = file.Length <= limits.MaxBytes
                ? new OpenApiImporter(limits).Import(await File.ReadAllBytesAsync(file.FullName, cancellationToken), file.Name, id)
                : throw new DefinitionException(file.Name, 1, $"the document has {file.Length} bytes; at most {limits.MaxBytes} are allowed.");
        }
        catch (Exception exception) when (exception is DefinitionException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }

        var (figures, template) = (result.Figures, result.Template);
        Console.Out.WriteLine($"{template.Name}: {figures.Operations} of {figures.OperationsInDocument} operations from {figures.Specification}, {figures.Elapsed.TotalSeconds:0.00} s");
        Console.Out.WriteLine($"address {template.Connection.BaseUrl}; sign-in {string.Join(", ", template.Auth.Select(auth => auth.Id))}; verified by {template.Verify.Operation}");
        foreach (var gap in result.Gaps)
        {
            Console.Out.WriteLine();
            Console.Out.WriteLine($"[{gap.Area}] {gap.Message}{(gap.OperationCount > 0 ? $" ({gap.OperationCount} operations, such as {string.Join(", ", gap.Operations.Take(3))})" : "")}");
            Console.Out.WriteLine($"  {gap.Advice}");
            if (gap.Guess is { } guess)
            {
                Console.Out.WriteLine($"  guess{(gap.Applied ? ", in the draft" : "")}: {guess.GetRawText()}");
            }
        }

        Console.Out.WriteLine();
        Console.Out.WriteLine($"{figures.Warnings} warnings{(figures.Warnings > 0 ? ":" : "")}");
        foreach (var warning in result.Warnings.Take(20))
        {
            Console.Out.WriteLine($"  {warning}");
        }

        if (find is not null)
        {
            Console.Out.WriteLine();
            foreach (var found in new OperationSearch([new(template.Id, template)]).Find(find, 10))
            {
                Console.Out.WriteLine($"{found.Operation.Id} ({found.Operation.Effect}): {found.Operation.Summary}");
            }
        }

        if (draft is not null)
        {
            await File.WriteAllTextAsync(draft.FullName, TemplateWriter.Write(template), cancellationToken);
            Console.Out.WriteLine($"The draft is in {draft.FullName}.");
        }

        return 0;
    }
}
