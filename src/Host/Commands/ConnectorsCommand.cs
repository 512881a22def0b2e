using System.CommandLine;
using Steward.Engines.Connectors.Import;
using Steward.Engines.Connectors.Schemas;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Definitions;

namespace Steward.Host.Commands;

/// <summary>
/// <c>steward connectors import</c> makes a draft template from an OpenAPI document and says what the document does not; <c>steward connectors diff</c> compares two versions of one.
/// </summary>
internal static class ConnectorsCommand
{
    private const int MaxChanges = 20;

    public static Command Create()
    {
        var file = new Argument<FileInfo>("file") { Description = "Swagger 2.0, OpenAPI 3.0 or 3.1; JSON or YAML; at most 8 MB." };
        var draft = new Option<FileInfo?>("--out") { Description = "File for the draft template." };
        var id = new Option<string?>("--id") { Description = "The template's id; by default from the document's title." };
        var find = new Option<string?>("--find") { Description = "Show only the operations that fit these words best." };
        var import = new Command("import", "Make a draft template from an OpenAPI document. Nothing is fetched: references to other documents are reported.") { file, draft, id, find };
        import.SetAction((parsed, cancellationToken) => ImportAsync(parsed.GetRequiredValue(file), parsed.GetValue(draft), parsed.GetValue(id), parsed.GetValue(find), cancellationToken));
        return new Command("connectors", "Work on connector templates.") { import, CreateDiff() };
    }

    private static Command CreateDiff()
    {
        var before = new Argument<FileInfo>("old") { Description = "The earlier version: Swagger 2.0, OpenAPI 3.0 or 3.1; JSON or YAML; at most 8 MB." };
        var after = new Argument<FileInfo>("new") { Description = "The later version." };
        var diff = new Command("diff", "Compare two versions of an OpenAPI document. Exits with 1 when callers that were right may be wrong now, with 2 when a document cannot be read.") { before, after };
        diff.SetAction((parsed, cancellationToken) => DiffAsync(parsed.GetRequiredValue(before), parsed.GetRequiredValue(after), cancellationToken));
        return diff;
    }

    private static async Task<int> DiffAsync(FileInfo before, FileInfo after, CancellationToken cancellationToken)
    {
        SpecificationDrift drift;
        try
        {
            var limits = new ImportLimits();
            drift = SpecificationDrift.Compare(await ReadAsync(before, limits, cancellationToken), await ReadAsync(after, limits, cancellationToken), limits);
        }
        catch (Exception exception) when (exception is DefinitionException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 2;
        }

        Console.Out.WriteLine(
            $"{(drift.IsBreaking ? "breaking" : "not breaking")}: operations +{drift.OperationsAdded.Count} -{drift.OperationsRemoved.Count}, changed {drift.OperationsChanged.Count}, "
            + $"of these with a breaking change {drift.OperationsChanged.Count(operation => operation.IsBreaking)}; {drift.Elapsed.TotalSeconds:0.00} s");
        foreach (var name in drift.OperationsRemoved)
        {
            Console.Out.WriteLine($"- {name}");
        }

        foreach (var name in drift.OperationsAdded)
        {
            Console.Out.WriteLine($"+ {name}");
        }

        foreach (var operation in drift.OperationsChanged)
        {
            Console.Out.WriteLine($"{(operation.IsBreaking ? "!" : "~")} {operation.Operation}{(operation.IsPartial ? " (too large to be compared as a whole)" : "")}");
            WriteChanges("sent", operation.Arguments);
            WriteChanges("answered", operation.Results);
        }

        return drift.IsBreaking ? 1 : 0;
    }

    private static void WriteChanges(string use, IReadOnlyList<SchemaChange> changes)
    {
        foreach (var change in changes.OrderByDescending(change => change.IsBreaking).Take(MaxChanges))
        {
            Console.Out.WriteLine($"  {(change.IsBreaking ? "!" : " ")} {use} {(change.Path.Length == 0 ? "as a whole" : change.Path)} {change.Message}");
        }

        if (changes.Count > MaxChanges)
        {
            Console.Out.WriteLine($"    and {changes.Count - MaxChanges} more");
        }
    }

    private static async Task<byte[]> ReadAsync(FileInfo file, ImportLimits limits, CancellationToken cancellationToken) => file.Length <= limits.MaxBytes
        ? await File.ReadAllBytesAsync(file.FullName, cancellationToken)
        : throw new DefinitionException(file.Name, 1, $"the document has {file.Length} bytes; at most {limits.MaxBytes} are allowed.");

    private static async Task<int> ImportAsync(FileInfo file, FileInfo? draft, string? id, string? find, CancellationToken cancellationToken)
    {
        ImportResult result;
        try
        {
            var limits = new ImportLimits();
            result = new OpenApiImporter(limits).Import(await ReadAsync(file, limits, cancellationToken), file.Name, id);
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
