using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Steward.Engines.Models.Budgets;

/// <summary>
/// Shows later that a question and an answer are those of a call, though neither is kept: a hash of call, question and answer. Nobody finds a text by it who does not know both, and the same texts of two calls have two hashes. Pure.
/// </summary>
public static class AnswerProof
{
    /// <summary>The hash, as 32 hexadecimal digits.</summary>
    /// <param name="callId">The call.</param>
    /// <param name="question">See <see cref="QuestionOf"/>.</param>
    /// <param name="answer">The text of the answer.</param>
    public static string Of(string callId, string question, string answer)
    {
        ArgumentNullException.ThrowIfNull(callId);
        ArgumentNullException.ThrowIfNull(question);
        ArgumentNullException.ThrowIfNull(answer);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, callId);
        Add(hash, question);
        Add(hash, answer);
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }

    /// <summary>What was asked: the text of the last message of the user; empty when there is none.</summary>
    public static string QuestionOf(ChatRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Messages.LastOrDefault(message => message.Role == ChatRole.User)?.Text ?? "";
    }

    private static void Add(IncrementalHash hash, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}
