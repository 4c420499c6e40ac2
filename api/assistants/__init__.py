"""What assistants and other programs speak: MCP, and the chat of OpenAI."""
