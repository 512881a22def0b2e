using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using Steward.Engines.Connectors.Pipeline.Replies;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Pipeline.Requests;

/// <summary>What is worked out once for a template. Lives as long as the template itself does.</summary>
internal sealed class CompiledTemplate
{
    private static readonly ConditionalWeakTable<ConnectorTemplate, CompiledTemplate> Known = [];

    private readonly ConditionalWeakTable<OperationTemplate, CompiledOperation> _operations = [];

    private CompiledTemplate(ConnectorTemplate template)
    {
        Template = template;
        var fields = template.Connection.Fields.Concat(template.Auth.SelectMany(auth => auth.Fields)).ToList();
        SecretFields = fields.Where(field => field.Secret).Select(field => field.Name).Append("access_token").ToFrozenSet(StringComparer.Ordinal);
        FieldDefaults = fields.Where(field => field.Default is not null).DistinctBy(field => field.Name)
            .ToFrozenDictionary(field => field.Name, field => field.Default!, StringComparer.Ordinal);
        Errors = new ErrorReader(template);
    }

    public ConnectorTemplate Template { get; }

    /// <summary>The values of fields that a tenant leaves out.</summary>
    public FrozenDictionary<string, string> FieldDefaults { get; }

    /// <summary>The names of fields that are kept in the vault.</summary>
    public FrozenSet<string> SecretFields { get; }

    public ErrorReader Errors { get; }

    public static CompiledTemplate Of(ConnectorTemplate template) => Known.GetValue(template, static template => new CompiledTemplate(template));

    public CompiledOperation Of(OperationTemplate operation) => _operations.GetValue(operation, operation => new CompiledOperation(this, operation));

    public OperationTemplate? Find(string operationId)
    {
        foreach (var operation in Template.Operations)
        {
            if (operation.Id == operationId)
            {
                return operation;
            }
        }

        return null;
    }
}
