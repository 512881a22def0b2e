using System.Buffers;
using Microsoft.AspNetCore.Http.Features;

namespace Steward.Gateway.Api;

/// <summary>Reads bodies as they are, up to a limit.</summary>
internal static class RawBody
{
    /// <summary>The body.</summary>
    /// <exception cref="Errors.StewardException">It is larger than allowed.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context, int maxBytes)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = maxBytes;
        }

        var pipe = context.Request.BodyReader;
        while (true)
        {
            var read = await pipe.ReadAsync(context.RequestAborted);
            if (read.Buffer.Length > maxBytes)
            {
                throw Problems.ProblemWriter.TooLarge(context);
            }

            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                pipe.AdvanceTo(read.Buffer.End);
                return body;
            }

            pipe.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
