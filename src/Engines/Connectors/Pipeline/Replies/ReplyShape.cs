using System.Text.Json;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Schemas;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Pipeline.Replies;

/// <summary>What an answer looks like where the template says that the result stands.</summary>
internal static class ReplyShape
{
    /// <summary>The shape of a result that is no answer in HTTP; null when there is none.</summary>
    public static SampleState? Of(JsonElement? result)
    {
        try
        {
            return result is { ValueKind: not JsonValueKind.Undefined } found ? ResponseSampler.Shape(found) : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The shape; null when there is nothing, or the operation's result is made by code out of several answers.</summary>
    public static SampleState? Of(ConnectorCall call, VendorReply reply)
    {
        var operation = call.Request.Operation;
        if (operation.Code || call.Request.DryRun || reply.Json.ValueKind == JsonValueKind.Undefined)
        {
            return null;
        }

        try
        {
            var path = operation.Output.Path ?? (operation.Output.List ? call.Operation.Pagination?.Items : null);
            var value = operation.Output.List ? ResultReader.ReadPage(path, reply) : string.IsNullOrEmpty(path) ? reply.Json : ValuePath.Find(reply.Json, path);
            return value is { } found ? ResponseSampler.Shape(found) : null;
        }
        catch (InvalidOperationException)
        {
            // A name in the answer holds half of a surrogate pair.
            return null;
        }
    }
}
