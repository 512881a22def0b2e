using System.Text;
using System.Text.Json;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Schemas;
using Steward.Engines.Definitions;
using Steward.Errors;

namespace Steward.Connectors;

/// <summary>Compares documents for the grains, and bounds the answer.</summary>
internal static class SpecificationComparer
{
    private const int MaxDocumentLength = 8 * 1024 * 1024;
    private const int MaxNames = 500;
    private const int MaxChanged = 200;
    private const int MaxChanges = 50;

    /// <summary>Compares two documents. Takes seconds for large ones, beside the scheduler of the grain.</summary>
    /// <param name="command">The documents.</param>
    /// <param name="target">The instance of which is said what breaks; null for none.</param>
    /// <param name="cancellationToken">Keeps it from beginning.</param>
    /// <exception cref="StewardException"><c>invalid_argument</c> names the document.</exception>
    public static Task<SpecificationComparison> CompareAsync(CompareSpecifications command, ResolvedInstance? target, CancellationToken cancellationToken)
    {
        foreach (var (name, document) in new[] { ("before", command.Before), ("after", command.After) })
        {
            if (document.Length is 0 or > MaxDocumentLength)
            {
                throw StewardException.Invalid(name, $"must have 1 to {MaxDocumentLength} characters.");
            }
        }

        return Task.Run(() => Compare(command, target), cancellationToken);
    }

    /// <summary>A change as it is told.</summary>
    public static ConnectorSchemaChange ToMessage(SchemaChange change) => new()
    {
        Path = change.Path,
        Kind = JsonNamingPolicy.SnakeCaseLower.ConvertName(change.Kind.ToString()),
        Breaking = change.IsBreaking,
        Message = change.Message,
    };

    private static SpecificationComparison Compare(CompareSpecifications command, ResolvedInstance? target)
    {
        SpecificationDrift drift;
        try
        {
            drift = SpecificationDrift.Compare(Encoding.UTF8.GetBytes(command.Before), Encoding.UTF8.GetBytes(command.After));
        }
        catch (DefinitionException exception)
        {
            throw new StewardException(ErrorCodes.InvalidArgument, string.Join(" ", exception.Errors.Take(10)), exception) { Field = exception.Errors[0].File };
        }

        IReadOnlyList<string> unknown = [];
        var impacts = target is null ? null : SpecificationImpact.Of(drift, target, out unknown);
        return new SpecificationComparison
        {
            Breaking = drift.IsBreaking,
            Added = [.. drift.OperationsAdded.Take(MaxNames)],
            Removed = [.. drift.OperationsRemoved.Take(MaxNames)],
            Changed = [.. drift.OperationsChanged.Take(MaxChanged).Select(ToMessage)],
            AddedCount = drift.OperationsAdded.Count,
            RemovedCount = drift.OperationsRemoved.Count,
            ChangedCount = drift.OperationsChanged.Count,
            Breaks = impacts is null ? null : [.. impacts.Select(ToMessage)],
            NotDescribed = target is null ? null : unknown,
        };
    }

    private static SpecificationOperationChange ToMessage(ChangedOperation operation) => new()
    {
        Operation = operation.Operation,
        Breaking = operation.IsBreaking,
        Arguments = First(operation.Arguments),
        Results = First(operation.Results),
        Partial = operation.IsPartial,
    };

    private static List<ConnectorSchemaChange> First(IReadOnlyList<SchemaChange> changes) => [.. changes.OrderByDescending(change => change.IsBreaking).Take(MaxChanges).Select(ToMessage)];

    private static SpecificationBreak ToMessage(SpecificationImpact impact) => new()
    {
        Operation = impact.OperationId,
        Gone = impact.IsRemoved,
        BrokenArguments = impact.Arguments,
        NewlyRequired = impact.NewlyRequired,
        BrokenFields = impact.Fields,
        BrokenMappings = [.. impact.Mappings.Select(mapping => mapping.To)],
    };
}
