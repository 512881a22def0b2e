using System.Text.Json;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Schemas;

/// <summary>What the change of a document breaks in one operation of an instance.</summary>
/// <param name="OperationId">The id inside the template.</param>
/// <param name="IsRemoved">Whether the operation is gone, and with it all that is mapped.</param>
/// <param name="Arguments">The arguments that cannot be sent as before.</param>
/// <param name="NewlyRequired">What must be sent now and the template does not send: the template has to be changed.</param>
/// <param name="Fields">The members of the result that cannot be relied on any more.</param>
/// <param name="Mappings">The field mappings that cannot be relied on any more.</param>
public sealed record SpecificationImpact(
    string OperationId, bool IsRemoved, IReadOnlyList<string> Arguments, IReadOnlyList<string> NewlyRequired, IReadOnlyList<string> Fields, IReadOnlyList<FieldMapping> Mappings)
{
    /// <summary>What a change breaks in the operations of an instance that are switched on or have mappings; those of which nothing breaks are left out.</summary>
    /// <param name="drift">The change.</param>
    /// <param name="target">The instance with its template, whose operations are found by method and path.</param>
    /// <param name="unknown">The operations that the earlier version does not describe, or that are carried out in code: nobody knows what becomes of them.</param>
    public static IReadOnlyList<SpecificationImpact> Of(SpecificationDrift drift, ResolvedInstance target, out IReadOnlyList<string> unknown)
    {
        ArgumentNullException.ThrowIfNull(drift);
        ArgumentNullException.ThrowIfNull(target);
        var (impacts, strange) = (new List<SpecificationImpact>(), new List<string>());
        var changed = drift.OperationsChanged.ToDictionary(operation => operation.Operation, StringComparer.Ordinal);
        var removed = drift.OperationsRemoved.ToHashSet(StringComparer.Ordinal);
        foreach (var operation in target.Template.Operations)
        {
            var mappings = target.Instance.Mappings.GetValueOrDefault(operation.Id) ?? [];
            if (!InstanceOperations.IsEnabled(target.Instance, operation) && mappings.Count == 0)
            {
                continue;
            }

            if (Find(drift, target, operation) is not { } name)
            {
                strange.Add(operation.Id);
            }
            else if (removed.Contains(name))
            {
                impacts.Add(new SpecificationImpact(operation.Id, true, [], [], [.. operation.Output.Fields.Keys], mappings));
            }
            else if (changed.TryGetValue(name, out var change) && Of(change, operation, mappings) is { } impact)
            {
                impacts.Add(impact);
            }
        }

        unknown = strange;
        return impacts;
    }

    private static string? Find(SpecificationDrift drift, ResolvedInstance target, OperationTemplate operation)
    {
        if (operation.Code)
        {
            return null;
        }

        var address = SpecificationOperation.PathOf(operation.BaseUrl ?? target.Instance.BaseUrl ?? target.Template.Connection.BaseUrl);
        return drift.Known.GetValueOrDefault(SpecificationOperation.KeyOf(operation.Method, operation.Path))
            ?? drift.Known.GetValueOrDefault(SpecificationOperation.KeyOf(operation.Method, address + operation.Path));
    }

    private static SpecificationImpact? Of(ChangedOperation change, OperationTemplate operation, IReadOnlyList<FieldMapping> mappings)
    {
        var (arguments, required) = (new SortedSet<string>(StringComparer.Ordinal), new SortedSet<string>(StringComparer.Ordinal));
        foreach (var broken in change.Arguments.Where(broken => broken.IsBreaking && (broken.Path != "contentType" || broken.Message.Contains(Media(operation.BodyFormat), StringComparison.OrdinalIgnoreCase))))
        {
            // What the template does not send and need not send is no loss.
            var sent = Sent(operation, change.Operation, [.. ValuePath.Split(broken.Path)]);
            arguments.UnionWith(Sources(sent));
            if (sent is null && (broken.Kind is SchemaChangeKind.RequiredAdded or SchemaChangeKind.BecameRequired))
            {
                required.Add(broken.Path);
            }
        }

        var results = SchemaImpact.Of(Rebase(change.Results, operation.Output.Path), SchemaUse.Output, operation, mappings);
        var lost = mappings.Where(mapping => mapping.Direction == MappingDirection.Out && arguments.Contains(ValuePath.Split(mapping.To)[0])).Concat(results.Mappings).ToList();
        return arguments.Count + required.Count + results.Fields.Count + lost.Count == 0 ? null : new SpecificationImpact(operation.Id, false, [.. arguments], [.. required], results.Fields, lost);
    }

    // Templates look at a value in the answer, documents at the answer.
    private static List<SchemaChange> Rebase(IReadOnlyList<SchemaChange> changes, string? path)
    {
        var prefix = ValuePath.Split(path ?? "");
        List<SchemaChange> rebased = [];
        foreach (var change in changes)
        {
            var parts = ValuePath.Split(change.Path);
            if (parts.Zip(prefix).All(pair => pair.First == pair.Second))
            {
                rebased.Add(change with { Path = string.Join('.', parts.Skip(prefix.Count).Select(Escape)) });
            }
        }

        return rebased;
    }

    // What the template sends at a place of the request, or above it; null for nothing.
    private static object? Sent(OperationTemplate operation, string name, string[] at)
    {
        switch (at)
        {
            case ["query", var key, ..]:
                return operation.Query.GetValueOrDefault(key);
            case ["header", var key, ..]:
                return operation.Headers.FirstOrDefault(header => string.Equals(header.Key, key, StringComparison.OrdinalIgnoreCase)).Value;
            case ["path", var key, ..]:
                // By place from the end, since templates name them as they like and may have the address's path in front.
                var (theirs, own) = (Names(name), Names(operation.Path));
                var place = theirs.IndexOf(key) is >= 0 and var index ? own.Count - theirs.Count + index : -1;
                return place >= 0 && place < own.Count ? "{" + own[place] + "}" : null;
            case ["formData", .. var rest]:
                return At(operation.Body, rest);
            case ["body" or "contentType", .. var rest]:
                return At(operation.Body, rest);
            default:
                return null;
        }
    }

    private static IEnumerable<string> Sources(object? sent) => sent switch
    {
        string text => TemplateText.Parse(text).Placeholders.Select(placeholder => ValuePath.Split(placeholder.Name)[0]),
        JsonElement { ValueKind: JsonValueKind.String } text => Sources(text.GetString()),
        JsonElement { ValueKind: JsonValueKind.Object } members => members.EnumerateObject().SelectMany(member => Sources(member.Value)),
        JsonElement { ValueKind: JsonValueKind.Array } items => items.EnumerateArray().SelectMany(item => Sources(item)),
        _ => [],
    };

    private static string Media(BodyFormat format) => format switch
    {
        BodyFormat.Form => "x-www-form-urlencoded",
        BodyFormat.Multipart => "multipart/form-data",
        BodyFormat.MultipartRelated => "multipart/related",
        BodyFormat.Xml => "xml",
        _ => "json",
    };

    private static JsonElement? At(JsonElement? body, string[] path)
    {
        var at = body;
        foreach (var part in path)
        {
            if (at is { ValueKind: JsonValueKind.Object } members)
            {
                at = members.TryGetProperty(part, out var member) ? member : null;
            }
        }

        // A text in place of an object is an argument that is sent as a whole, with what is in it.
        return at;
    }

    private static List<string> Names(string path) => [.. path.Split('{').Skip(1).Select(part => part.Split('}')[0].Split('|')[0])];

    private static string Escape(string part) => part.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(".", "\\.", StringComparison.Ordinal);
}
